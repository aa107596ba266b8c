#![allow(dead_code)]

use monotable::KeySegment;

#[derive(KeySegment)]
struct Id(String);

fn main() {}
