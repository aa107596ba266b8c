"""The API that `monotable connect api` generates, in FastAPI and PynamoDB: create, get, and list by category in pages.

    TABLE_ENDPOINT=http://127.0.0.1:8000 TABLE_NAME=shop-my-table uvicorn app:app

It stores the same items, and its responses have the same JSON.
"""

import base64
import json
import os
from datetime import datetime, timezone
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Query, Response
from pydantic import BaseModel as Body
from pydantic import ConfigDict
from pynamodb.attributes import DiscriminatorAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

app = FastAPI()


class CategoryIndex(GlobalSecondaryIndex):
    """The examples of a category."""

    class Meta:
        index_name = "gsi1pk-gsi1sk-index"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class BaseModel(Model):
    """The base class of all items in the table."""

    class Meta:
        host = os.environ["TABLE_ENDPOINT"]
        table_name = os.environ["TABLE_NAME"]
        aws_access_key_id = "UNUSED"
        aws_secret_access_key = "UNUSED"
        region = "us-east-1"
        # FastAPI has 40 threads for functions that block. With the default of 10, they would wait for connections.
        max_pool_connections = 40

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    entity_type = DiscriminatorAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    by_category = CategoryIndex()


class ExampleModel(BaseModel, discriminator="ExampleModel"):
    """An example with a name and a category."""

    name = UnicodeAttribute()
    category = UnicodeAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()


class NewExample(Body):
    """The body of a request that creates an example."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    category: str


class Example(Body):
    """An example in a response."""

    id: str
    name: str
    category: str
    created_at: str
    updated_at: str


class Examples(Body):
    """A page of examples, and the path of the next page."""

    items: list[Example]
    next: str | None = None


def view(item: ExampleModel) -> Example:
    """Returns the example of an item. The id is only in the key."""
    return Example(
        id=item.pk.removeprefix("EXAMPLE#"),
        name=item.name,
        category=item.category,
        created_at=item.created_at,
        updated_at=item.updated_at,
    )


def encode(key: dict[str, Any]) -> str:
    """Returns the text of a cursor."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def decode(cursor: str) -> dict[str, Any]:
    """Returns the key in a cursor."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError as error:
        raise HTTPException(400, "the cursor is damaged") from error


# PynamoDB blocks, so the functions are not `async`: FastAPI runs them in its threads.
@app.post("/examples", status_code=201)
def create(new: NewExample, response: Response) -> Example:
    """Creates an example."""
    key, now = f"EXAMPLE#{new.id}", datetime.now(timezone.utc).isoformat(timespec="microseconds")
    item = ExampleModel(key, key, name=new.name, category=new.category, created_at=now, updated_at=now)
    item.gsi1pk, item.gsi1sk = f"CATEGORY#{new.category}", key
    item.gsi2pk, item.gsi2sk = "EXAMPLE", now
    try:
        item.save(ExampleModel.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise HTTPException(409, "an item with this key exists") from error
        raise
    response.headers["location"] = f"/examples/{new.id}"
    return view(item)


@app.get("/examples/{id}")
def get(id: str) -> Example:
    """Reads an example."""
    try:
        return view(ExampleModel.get(f"EXAMPLE#{id}", f"EXAMPLE#{id}"))
    except DoesNotExist as error:
        raise HTTPException(404, "no item has this key") from error


@app.get("/queries/examples/list-by-category", response_model_exclude_none=True)
def list_by_category(
    category: str,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: str | None = None,
) -> Examples:
    """Lists the examples of a category."""
    start = decode(cursor) if cursor else None
    query = ExampleModel.by_category.query(f"CATEGORY#{category}", limit=limit, last_evaluated_key=start)
    page = Examples(items=[view(item) for item in query])
    if query.last_evaluated_key:
        parameters = {"category": category, "limit": limit, "cursor": encode(query.last_evaluated_key)}
        page.next = f"/queries/examples/list-by-category?{urlencode(parameters)}"
    return page
