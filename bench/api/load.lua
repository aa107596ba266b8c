-- The load for wrk. Of five requests, one creates an example, three get one that exists, and one reads a page of a category.
-- RUN is the start of all ids. RESULT is the start of the names of the two files that are written.

local run, result = os.getenv("RUN"), os.getenv("RESULT")
local json = { ["content-type"] = "application/json" }
local first_page = "/queries/examples/list-by-category?limit=20&category=c-"
local categories = 10

local threads = {}

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

function init()
    math.randomseed(number + 1)
    sent, created, category, page = 0, 0, number % categories, nil
    -- The ids of the creates that the API has acknowledged. A create without a response is not in this list.
    acknowledged, unexpected = {}, {}
end

local function create()
    created = created + 1
    local body = '{"id":"%s-%d-%d","name":"example %d","category":"c-%d"}'
    return wrk.format("POST", "/examples", json, body:format(run, number, created, created, created % categories))
end

function request()
    sent = sent + 1
    local turn = sent % 5
    if turn == 0 or #acknowledged == 0 then
        return create()
    elseif turn == 1 then
        return wrk.format("GET", page or first_page .. category)
    end
    return wrk.format("GET", "/examples/" .. acknowledged[math.random(#acknowledged)])
end

-- wrk does not say which request a response belongs to, but the status and the body do.
function response(status, _, body)
    if status == 201 then
        table.insert(acknowledged, body:match('"id":"([^"]+)"') or "a response without an id")
    elseif status ~= 200 then
        unexpected[tostring(status)] = (unexpected[tostring(status)] or 0) + 1
    elseif body:find('"items":', 1, true) then
        page = body:match('"next":"([^"]+)"')
        if not page then
            category = (category + 1) % categories
        end
    end
end

function done(summary, latency)
    local ids, statuses = assert(io.open(result .. ".acknowledged", "w")), {}
    for _, thread in ipairs(threads) do
        for _, id in ipairs(thread:get("acknowledged")) do
            ids:write(id, "\n")
        end
        for status, count in pairs(thread:get("unexpected")) do
            statuses[status] = (statuses[status] or 0) + count
        end
    end
    ids:close()
    for status, count in pairs(statuses) do
        print(count .. " responses with the status " .. status)
    end
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
    local file = assert(io.open(result .. ".json", "w"))
    file:write(('{"requests":%d,"micros":%d,"p50":%d,"p99":%d,"errors":%d}\n'):format(
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
    file:close()
end
