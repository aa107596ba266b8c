//! Key templates: every text is either a template or an error, and a parsed template can be written and parsed again to the same
//! result.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// The part of the derive crate that the parser uses.
mod ctxt {
    pub(crate) fn did_you_mean<'a>(_: &str, known: impl IntoIterator<Item = &'a str>) -> String {
        known.into_iter().collect()
    }
}

#[allow(dead_code)]
#[path = "../../derive/src/template.rs"]
mod template;

use template::Segment;

fn spelled(segments: &[Segment]) -> String {
    let mut text = String::new();
    for segment in segments {
        match segment {
            Segment::Literal(literal) => text.push_str(&literal.replace('{', "{{").replace('}', "}}")),
            Segment::Field(placeholder) => {
                text.push('{');
                text.push_str(&placeholder.field);
                if let Some(width) = placeholder.width {
                    text.push_str(&format!(":0{width}"));
                }
                if placeholder.path {
                    text.push_str("..");
                }
                if let Some(transform) = placeholder.transform {
                    text.push_str(&format!("|{}", format!("{transform:?}").to_lowercase()));
                }
                text.push('}');
            }
        }
    }
    text
}

fuzz_target!(|text: &str| {
    if let Ok(segments) = template::parse(text) {
        let again = template::parse(&spelled(&segments));
        assert_eq!(again.as_ref(), Ok(&segments), "{text:?}");
    }
});
