use super::{Error, ErrorKind};

#[test]
fn each_kind_has_its_predicates() {
    type Predicate = fn(&Error) -> bool;
    let predicates: [(&str, Predicate); 11] = [
        ("already_exists", Error::is_already_exists),
        ("condition_failed", Error::is_condition_failed),
        ("conflict", Error::is_conflict),
        ("transient", Error::is_transient),
        ("timeout", Error::is_timeout),
        ("unreachable", Error::is_unreachable),
        ("table_not_found", Error::is_table_not_found),
        ("access_denied", Error::is_access_denied),
        ("bad_item", Error::is_bad_item),
        ("throttled", Error::is_throttled),
        ("not_found", Error::is_not_found),
    ];
    for (kind, expected) in [
        (ErrorKind::AlreadyExists, "already_exists condition_failed"),
        (ErrorKind::ConditionFailed, "condition_failed"),
        (ErrorKind::Conflict, "conflict transient"),
        (ErrorKind::Timeout, "transient timeout"),
        (ErrorKind::Unreachable, "transient unreachable"),
        (ErrorKind::TableNotFound, "table_not_found"),
        (ErrorKind::AccessDenied, "access_denied"),
        (ErrorKind::Decode, "bad_item"),
        (ErrorKind::UnknownEntity, "bad_item"),
        (ErrorKind::Throttled, "transient throttled"),
        (ErrorKind::Service, "transient"),
        (ErrorKind::NotFound, "not_found"),
        (ErrorKind::Configuration, ""),
        (ErrorKind::InvalidRequest, ""),
    ] {
        let error = Error::new(kind, "text");
        let found: Vec<_> = predicates.iter().filter(|(_, holds)| holds(&error)).map(|(name, _)| *name).collect();
        assert_eq!(found.join(" "), expected, "{kind:?}");
    }
}
