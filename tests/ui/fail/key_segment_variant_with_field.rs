use monotable::KeySegment;

#[derive(KeySegment)]
enum Status {
    Open,
    Closed(u8),
}

fn main() {}
