#![allow(dead_code)]

use monotable::KeySegment;

#[derive(Debug, Clone, PartialEq, KeySegment)]
enum Status {
    Open,
    Closed,
}

fn main() {
    println!("{:?}", [Status::Open, Status::Closed]);
}
