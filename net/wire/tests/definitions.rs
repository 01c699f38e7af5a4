//! Stream definitions: what is read, what is refused, and that what is written is read again.

mod common;

use proptest::prelude::*;
use riddhi_wire::Type;
use riddhi_wire::databridge::thrift::Call;
use riddhi_wire::definition::{Attribute, DefinitionError, StreamDefinition, is_version};

fn error(text: &str) -> String {
    StreamDefinition::parse(text).expect_err("it is refused").to_string()
}

#[test]
fn the_vectors_definition_is_written_as_it_came() {
    let (_, vectors) = common::vectors("databridge-thrift.json");
    let mut read = 0;
    for v in vectors.iter().filter(|v| v.name.starts_with("definestream-") && v.from_client) {
        let call = Call::parse(&v.bytes).expect("a call");
        let text = riddhi_wire::text(call.text(2).expect("a definition")).into_owned();
        match StreamDefinition::parse(&text) {
            Ok(definition) => {
                assert!(v.valid, "{}", v.name);
                assert_eq!(definition.to_string(), text);
                assert_eq!(definition.id(), "org.wso2.demo.stock:1.0.0");
                assert_eq!(definition.attributes().count(), 7);
            }
            Err(_) => assert!(!v.valid, "{}", v.name),
        }
        read += 1;
    }
    assert_eq!(read, 4);
}

#[test]
fn written_by_hand() {
    let text =
        "{'name':'a b', nickName: x, tags:['t', u], description: null, streamId: 'other:2.0.0', since: 3.5, old: true,
        payloadData:[{'name':'n','type':'int'},{name:\"s\",type:String}], metaData: [] }";
    let definition = StreamDefinition::parse(text).expect("it is taken");
    assert_eq!(definition.id(), "a b:1.0.0");
    assert_eq!(definition.nick_name.as_deref(), Some("x"));
    assert_eq!(definition.tags, ["t", "u"]);
    assert_eq!((definition.description, definition.meta.len()), (None, 0));
    let types: Vec<_> = definition.payload.iter().map(|a| (a.name.as_str(), a.ty)).collect();
    assert_eq!(types, [("n", Type::Int), ("s", Type::Text)]);
    let escaped = StreamDefinition::parse(r#"{"name":"\u00e9\ud83d\ude00\n\ud83d."}"#).expect("it is taken");
    assert_eq!(escaped.name, "\u{e9}\u{1f600}\n\u{fffd}.");
}

#[test]
fn the_last_of_equal_keys_counts() {
    let definition = StreamDefinition::parse("{nickName:a, version:'1.0.0', name:x, version:'2.0.0'}").expect("taken");
    assert_eq!(definition.id(), "x:2.0.0");
}

#[test]
fn refused() {
    assert_eq!(error("{not json"), "`:` is missing at byte 5 of the stream definition");
    assert_eq!(error("[]"), "there is no object at byte 0 of the stream definition");
    assert_eq!(error("{name:a} x"), "there is more behind the end at byte 9 of the stream definition");
    assert_eq!(error(""), "a value is missing at byte 0 of the stream definition");
    assert_eq!(error("{name:a"), "`,` or `}` is missing at byte 7 of the stream definition");
    assert_eq!(
        error("{name:'a"),
        "a text has no end, or something in it that JSON does not know at byte 6 of the stream definition"
    );
    assert_eq!(error("{name:a,tags:[a b]}"), "`,` or `]` is missing at byte 16 of the stream definition");
    assert!(error(&"[".repeat(100_000)).starts_with("too many objects within each other"));
    assert!(error("{}").starts_with("`` is no name of a stream"));
    assert!(error("{name:'a:b'}").starts_with("`a:b` is no name"));
    assert!(error("{name:a,version:'1.0'}").starts_with("`1.0` is no version"));
    assert_eq!(error("{name:1}"), "`name` of the stream definition must be a text");
    assert_eq!(error("{name:a,tags:x}"), "`tags` of the stream definition must be a list");
    assert_eq!(error("{name:a,tags:[1]}"), "`tags` of the stream definition must be a list of texts");
    let objects = "`metaData` of the stream definition must be a list of objects with `name` and `type`";
    assert_eq!(error("{name:a,metaData:[x]}"), objects);
    assert_eq!(error("{name:a,metaData:[{name:x}]}"), objects);
    let twice = "{name:a,payloadData:[{name:x,type:INT},{name:x,type:INT}]}";
    assert_eq!(StreamDefinition::parse(twice), Err(DefinitionError::Twice("x".into())));
    // Not only the first one of a section.
    let later = "{name:a,payloadData:[{name:x,type:INT},{name:y,type:OBJECT}]}";
    assert!(error(later).starts_with("`OBJECT` of attribute `y` is no type"));
    assert!(error(&format!("{{name:a{}}}", " ".repeat(1 << 20))).starts_with("the text is too long"));
}

#[test]
fn ids_and_likeness() {
    assert_eq!(StreamDefinition::of_id("a").expect("taken").id(), "a:1.0.0");
    assert_eq!(StreamDefinition::of_id("a:2.10.0").expect("taken").id(), "a:2.10.0");
    assert!(StreamDefinition::of_id("a:2").is_err() && StreamDefinition::of_id(":1.0.0").is_err());
    assert!(is_version("0.0.1") && !is_version("1.0.x") && !is_version("1..0") && !is_version("1.0.0.0"));
    let a = StreamDefinition::parse("{name:a,nickName:x,metaData:[{name:m,type:INT}]}").expect("taken");
    let b = StreamDefinition::parse("{name:a,metaData:[{name:m,type:INT}]}").expect("taken");
    let c = StreamDefinition::parse("{name:a,version:'2.0.0',metaData:[{name:m,type:LONG}]}").expect("taken");
    let d = StreamDefinition::parse("{name:a,version:'2.0.0',payloadData:[{name:m,type:LONG}]}").expect("taken");
    assert!(a.is_like(&b) && !a.is_like(&c) && !c.is_like(&d));
    assert_eq!(a.clash(&c).map(|a| a.name.as_str()), Some("m"));
    assert_eq!(a.clash(&d), None);
}

fn section() -> impl Strategy<Value = Vec<Attribute>> {
    let types = Type::NAMES.map(|(ty, _)| ty);
    prop::collection::btree_map(".{0,8}", prop::sample::select(types.to_vec()), 0..5)
        .prop_map(|map| map.into_iter().map(|(name, ty)| Attribute { name, ty }).collect())
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        name in "[^:]{1,12}", version in "[0-9]{1,3}\\.[0-9]\\.[0-9]{2}", nick in prop::option::of(".*"),
        tags in prop::collection::vec(".{0,6}", 0..3), meta in section(), payload in section(),
    ) {
        let new = StreamDefinition::new(&name, &version).expect("it is one");
        let definition = StreamDefinition { nick_name: nick, tags, meta, payload, ..new };
        prop_assert_eq!(StreamDefinition::parse(&definition.to_string()), Ok(definition));
    }
}
