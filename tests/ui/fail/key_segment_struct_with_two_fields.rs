use monotable::KeySegment;

#[derive(KeySegment)]
struct Id(String, u8);

fn main() {}
