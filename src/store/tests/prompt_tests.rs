//! Connections, prices and prompt sets.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::samples::{cases, connection, place, plan, target};
use crate::domain::{
    Amendment, Case, CheckOutcome, CheckReport, CheckStep, CheckStepKind, Connection, Currency, FailedExchange, Failure, FailureKind,
    ForeignKey, FoundBound, FoundLimit, Message, OwnPrice, Price, PriceStanding, PromptBody, PromptSetId, PromptSetKind, Role, Speaker,
};
use crate::store::{Store, StoreError};

#[test]
fn a_connection_is_saved_renamed_and_removed() {
    let place = place();
    let mut first = connection("OpenAI", Role::Official);
    first.extra_headers = vec![("X-Title".to_owned(), "Assay".to_owned())];
    first.limits.max_in_flight = Some(4);
    let saved = first.clone();
    place.write(move |archive| archive.save_connection(&saved));
    assert_eq!(place.read(|archive| archive.connections()), [first.clone()]);

    let twin = connection("openai", Role::Relay);
    let taken = place.store.write_now({
        let twin = twin.clone();
        move |archive| archive.save_connection(&twin)
    });
    assert_eq!(taken, Err(StoreError::NameTaken("openai".to_owned())));

    let id = first.id;
    place.write(move |archive| archive.set_last_model(id, "gpt-4.1"));
    let found = FoundLimit { at: jiff::Timestamp::UNIX_EPOCH, model: "m".to_owned(), requests: 30, bound: FoundBound::AtOnce(8) };
    let kept = found.clone();
    place.write(move |archive| archive.set_found_limit(id, Some(&kept)));
    first.note = "changed".to_owned();
    let changed = first.clone();
    place.write(move |archive| archive.save_connection(&changed));
    first.last_model = Some("gpt-4.1".to_owned());
    first.found_limit = Some(found);
    assert_eq!(place.read(move |archive| archive.connection(id)), Some(first.clone()));

    place.write(move |archive| archive.remove_connection(id));
    assert_eq!(place.read(move |archive| archive.connection(id)), None);
    place.write(move |archive| archive.save_connection(&twin));
    assert_eq!(place.store.write_now(move |archive| archive.remove_connection(id)), Err(StoreError::NotFound("connection")));
}

#[test]
fn what_a_server_has_shown_is_remembered_for_its_connection() {
    let place = place();
    let asked = connection("A", Role::Relay);
    let (saved, id) = (asked.clone(), asked.id);
    place.write(move |archive| archive.save_connection(&saved));
    let learn = |asked: &Connection| {
        let asked = asked.clone();
        place.store.write_now(move |archive| archive.learn(&asked, "o3", Amendment::MaxCompletionTokens))
    };
    assert_eq!(learn(&asked), Ok(true));
    let kept = place.read(move |archive| archive.connection(id)).unwrap();
    assert!(kept.dialect.spelling_of("o3").max_completion_tokens && !kept.dialect.spelling_of("gpt-4.1").max_completion_tokens);
    let elsewhere = Connection { base_url: "https://elsewhere.example/v1".to_owned(), ..asked.clone() };
    assert_eq!(learn(&elsewhere), Ok(false));
    place.write(move |archive| archive.remove_connection(id));
    assert_eq!(learn(&asked), Ok(false));
}

#[test]
fn the_last_check_is_kept() {
    let place = place();
    let at = connection("A", Role::Official);
    let id = at.id;
    place.write(move |archive| archive.save_connection(&at));
    assert_eq!(place.read(move |archive| archive.last_check(id)), None);
    let report = CheckReport {
        connection_id: id,
        at: "2026-03-01T12:00:00Z".parse().unwrap(),
        steps: vec![CheckStep {
            kind: CheckStepKind::Models,
            started_us: 1,
            took_us: 2,
            outcome: CheckOutcome::Failed(Failure { kind: FailureKind::Unauthorized, message: "401".to_owned() }),
        }],
        model: None,
        models: vec!["a/b".to_owned()],
        cost: Some(Decimal::new(1, 9)),
        exchange: Some(FailedExchange { http_status: Some(401), error_body: "no".to_owned(), ..FailedExchange::default() }),
        foreign_key: Some(ForeignKey { prefix: "sk-ant-".to_owned(), provider: "Anthropic".to_owned() }),
        learned: vec![Amendment::NoTemperature],
    };
    let saved = report.clone();
    place.write(move |archive| archive.save_check(&saved));
    assert_eq!(place.read(move |archive| archive.last_check(id)), Some(report));
}

#[test]
fn own_prices_are_set_replaced_and_removed() {
    let place = place();
    let price = |input: i64| Price::flat(Decimal::from(input), Decimal::from(8), Currency::usd(), PriceStanding::Own, "me");
    let own = |input: i64| OwnPrice { host: "api.example.com".to_owned(), model: "m".to_owned(), price: price(input) };
    for input in [1, 2] {
        let own = own(input);
        place.write(move |archive| archive.set_own_price(&own));
    }
    assert_eq!(place.read(|archive| archive.own_prices()), [own(2)]);
    place.write(|archive| archive.remove_own_price("api.example.com", "m"));
    assert!(place.read(|archive| archive.own_prices()).is_empty());
}

#[test]
fn an_edit_after_a_run_starts_a_new_version() {
    let place = place();
    let set = place.write(|archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &cases(3)));
    let id = set.id;
    assert_eq!((set.version, set.frozen, set.case_count), (1, false, 3));
    let edited = place.write(move |archive| archive.replace_cases(id, &cases(2)));
    assert_eq!((edited.version, edited.case_count), (1, 2), "not frozen: in place");

    let plan = plan(&edited, 2, vec![target(&connection("A", Role::Official), "m")]);
    place.run_of(&plan);
    let same = place.write(move |archive| archive.replace_cases(id, &cases(2)));
    assert_eq!((same.version, same.frozen), (1, true), "nothing changed");
    let next = place.write(move |archive| archive.replace_cases(id, &cases(5)));
    assert_eq!((next.version, next.frozen, next.case_count), (2, false, 5));
    assert_eq!(place.read(move |archive| archive.prompt_set(id, Some(1))).cases, cases(2));
    assert_eq!(place.read(move |archive| archive.prompt_set(id, None)).cases, cases(5));
    let run_id = plan.id;
    assert_eq!(place.read(move |archive| archive.run_plan(run_id)), plan);
    let forced = place.store.write_now(|archive| Ok(archive.db.execute("DELETE FROM cases WHERE version_seq = 1", [])?));
    assert!(matches!(forced, Err(StoreError::Database(_))), "a frozen version is guarded in the file itself");
}

#[test]
fn a_run_of_other_cases_than_the_versions_is_refused() {
    let place = place();
    let set = place.write(|archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &cases(3)));
    let stale = plan(&set, 2, vec![target(&connection("A", Role::Official), "m")]);
    assert_eq!(place.store.write_now(move |archive| archive.create_run(&stale)), Err(StoreError::CasesDiffer));
    let id = set.id;
    assert!(!place.read(move |archive| archive.prompt_set(id, None)).head.frozen);
}

#[test]
fn listed_names_stay_unique() {
    let place = place();
    let create = |name: &'static str| place.write(move |archive| archive.create_prompt_set(name, PromptSetKind::Listed, &cases(1)));
    let (first, second) = (create("Set"), create(" set "));
    assert_eq!((second.name.as_str(), create("Set 2").name.as_str()), ("set 2", "Set 3"));
    let id = first.id;
    assert_eq!(place.write(move |archive| archive.duplicate_prompt_set(id)).name, "Set 4");
    assert_eq!(
        place.store.write_now(move |archive| archive.rename_prompt_set(id, "SET 2")),
        Err(StoreError::NameTaken("SET 2".to_owned()))
    );
    assert_eq!(place.store.write_now(move |archive| archive.rename_prompt_set(id, "  ")), Err(StoreError::NameEmpty));
    place.write(move |archive| archive.rename_prompt_set(id, "Other"));
    assert_eq!(place.read(|archive| archive.prompt_set_named("other")).unwrap().id, id);
}

#[test]
fn a_deleted_set_comes_back_under_a_free_name() {
    let place = place();
    let set = place.write(|archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &cases(1)));
    let id = set.id;
    place.write(move |archive| archive.delete_prompt_set(id));
    assert!(place.read(|archive| archive.prompt_sets()).is_empty());
    place.write(|archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &cases(1)));
    assert_eq!(place.write(move |archive| archive.undelete_prompt_set(id)).name, "Set 2");
    assert_eq!(place.read(|archive| archive.prompt_sets()).len(), 2);
    let missing = PromptSetId::draw();
    assert_eq!(place.store.write_now(move |archive| archive.delete_prompt_set(missing)), Err(StoreError::NotFound("prompt set")));
}

#[test]
fn the_composer_and_files_have_one_set_each() {
    let place = place();
    let scratch = place.write(|archive| archive.scratch());
    assert_eq!(place.write(|archive| archive.scratch()), scratch);
    let file = place.write(|archive| archive.keep_prompt_set("prompts.csv", PromptSetKind::File, &cases(2)));
    let again = place.write(|archive| archive.keep_prompt_set("prompts.csv", PromptSetKind::File, &cases(3)));
    assert_eq!((again.head.id, again.head.version, again.cases.len()), (file.head.id, 1, 3));
    let sample = || place.write(|archive| archive.keep_prompt_set("Sample", PromptSetKind::Sample, &cases(1))).head.id;
    assert_eq!(sample(), sample());
    let kinds: Vec<_> = place.read(|archive| archive.prompt_sets()).into_iter().map(|head| head.kind).collect();
    assert_eq!(kinds, [PromptSetKind::Scratch, PromptSetKind::Sample], "files are not listed");
}

#[test]
fn two_cases_of_one_id_are_refused() {
    let place = place();
    let twice = [Case::single("a", "", "1"), Case::single("a", "", "2")];
    let refused = place.store.write_now(move |archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &twice));
    assert_eq!(refused, Err(StoreError::DuplicateCase("a".to_owned())));
    assert!(place.read(|archive| archive.prompt_sets()).is_empty());
}

fn any_case() -> impl Strategy<Value = Case> {
    let text = any::<String>;
    let body = prop_oneof![
        (text(), text()).prop_map(|(system, prompt)| PromptBody::Template { system, prompt }),
        proptest::collection::vec(text(), 1..4)
            .prop_map(|texts| PromptBody::Messages(texts.into_iter().map(|content| Message::new(Speaker::Assistant, content)).collect())),
    ];
    let vars = proptest::collection::btree_map(text(), text(), 0..3);
    (text(), body, vars, proptest::option::of(text()), proptest::collection::vec(text(), 0..3), any::<i64>()).prop_map(
        |(id, body, vars, expected, tags, number)| Case {
            id,
            body,
            vars,
            images: Vec::new(),
            description: expected.clone(),
            expected,
            tags,
            checks: serde_json::Map::from_iter([("__expected".to_owned(), number.into())]),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_case_reads_back(mut case in any_case()) {
        let store = Store::in_memory().unwrap();
        let kept = case.clone();
        let id = store.write_now(move |archive| archive.create_prompt_set("Set", PromptSetKind::Listed, &[kept])).unwrap().id;
        prop_assert_eq!(&store.read_now(move |archive| archive.prompt_set(id, None)).unwrap().cases[0], &case);
        case.tags.push("one more".to_owned());
        let kept = case.clone();
        store.write_now(move |archive| archive.replace_cases(id, &[kept])).unwrap();
        prop_assert_eq!(&store.read_now(move |archive| archive.prompt_set(id, None)).unwrap().cases[0], &case);
    }
}
