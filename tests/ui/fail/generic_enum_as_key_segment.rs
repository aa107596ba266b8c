#![allow(dead_code)]

use monotable::KeySegment;

#[derive(Debug, Clone, PartialEq, KeySegment)]
enum Status<T> {
    Open,
    Closed,
    Marker(std::marker::PhantomData<T>),
}

fn main() {
    println!("{:?}", [Status::<u8>::Open, Status::Closed]);
}
