#![allow(dead_code)]

use monotable::KeySegment;

#[derive(KeySegment)]
enum Status {
    Open,
    Closed,
}

fn main() {}
