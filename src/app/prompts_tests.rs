use super::*;
use crate::domain::PromptBody;

const ID: PromptSetId = PromptSetId(uuid::Uuid::from_u128(1));
const OTHER: PromptSetId = PromptSetId(uuid::Uuid::from_u128(2));

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
}

fn head(id: PromptSetId, name: &str) -> PromptSetHead {
    PromptSetHead { id, name: name.to_owned(), kind: PromptSetKind::Listed, version: 1, frozen: false, case_count: 2 }
}

fn id_and_prompt(case: &Case) -> (&str, &str) {
    match &case.body {
        PromptBody::Template { prompt, .. } => (&case.id, prompt),
        PromptBody::Messages(_) => (&case.id, "messages"),
    }
}

struct Mind {
    prompts: Prompts,
    notices: Notices,
}

impl Mind {
    fn new() -> Self {
        let mut mind = Self { prompts: Prompts::default(), notices: Notices::default() };
        mind.prompts.heads = vec![head(ID, "First"), head(OTHER, "Second")];
        let cases = vec![Case::single("a", "", "one"), Case::single("b", "", "two")];
        mind.prompts.apply(PromptFact::Loaded(Box::new(PromptSet { head: head(ID, "First"), cases })), at(0), &mut mind.notices);
        mind.prompts.selected = Some(ID);
        mind
    }

    fn wish(&mut self, command: PromptCommand, ms: i64) -> Vec<Effect> {
        self.prompts.update(command, at(ms), &mut self.notices)
    }

    fn type_prompt(&mut self, index: usize, text: &str, ms: i64) {
        let mut case = self.prompts.open[&ID].cases[index].clone();
        case.body = PromptBody::Template { system: String::new(), prompt: text.to_owned() };
        self.wish(PromptCommand::EditCase { id: ID, index, case: Box::new(case) }, ms);
    }

    fn cases(&self) -> Vec<(&str, &str)> {
        self.prompts.open[&ID].cases.iter().map(id_and_prompt).collect()
    }
}

#[test]
fn a_burst_of_typing_is_taken_back_as_one() {
    let mut mind = Mind::new();
    for (ms, text) in [(0, "on"), (200, "onw"), (400, "onwards")] {
        mind.type_prompt(0, text, ms);
    }
    mind.type_prompt(0, "onwards!", 10_000);
    mind.wish(PromptCommand::Undo(ID), 11_000);
    assert_eq!(mind.cases()[0], ("a", "onwards"));
    mind.wish(PromptCommand::Undo(ID), 11_000);
    assert_eq!(mind.cases()[0], ("a", "one"));
    assert!(!mind.prompts.open[&ID].can_undo());
}

#[test]
fn taking_a_removal_back_loses_no_later_edit() {
    let mut mind = Mind::new();
    mind.wish(PromptCommand::RemoveCase { id: ID, index: 1 }, 0);
    let undo = mind.notices.shown.last().unwrap().undo.clone().unwrap();
    mind.type_prompt(0, "changed after it", 5000);
    let Command::Prompts(undo) = *undo else { panic!("the notice undoes a prompt command") };
    mind.wish(undo.clone(), 6000);
    assert_eq!(mind.cases(), [("a", "changed after it")], "nothing is lost, and the notice says what to do");
    mind.wish(PromptCommand::Undo(ID), 7000);
    mind.wish(PromptCommand::Undo(ID), 7000);
    assert_eq!(mind.cases(), [("a", "one"), ("b", "two")]);
}

#[test]
fn a_removal_is_taken_back_by_its_notice() {
    let mut mind = Mind::new();
    mind.wish(PromptCommand::RemoveCase { id: ID, index: 0 }, 0);
    let Command::Prompts(undo) = *mind.notices.shown.last().unwrap().undo.clone().unwrap() else { panic!("an undo") };
    mind.wish(undo, 1000);
    assert_eq!(mind.cases(), [("a", "one"), ("b", "two")]);
}

#[test]
fn ids_stay_unique() {
    let mut mind = Mind::new();
    for id in ["b", " "] {
        let case = Case::single(id, "", "one");
        mind.wish(PromptCommand::EditCase { id: ID, index: 0, case: Box::new(case) }, 0);
        assert_eq!(mind.cases()[0], ("a", "one"));
    }
    assert_eq!(mind.notices.shown.len(), 2, "both are told");
    let pasted = vec![Case::single("b", "", "x"), Case::single("3", "", "y"), Case::single("", "", "z")];
    mind.wish(PromptCommand::AppendCases { id: ID, cases: pasted }, 0);
    let ids: Vec<&str> = mind.cases().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "{ids:?}");
    assert_eq!(ids.len(), 5);
}

#[test]
fn after_a_deletion_the_next_set_is_in_view() {
    let mut mind = Mind::new();
    let effects = mind.prompts.apply(PromptFact::Deleted(ID), at(0), &mut mind.notices);
    assert_eq!(mind.prompts.selected, Some(OTHER));
    assert!(matches!(effects[..], [Effect::LoadSet(OTHER)]));
    mind.wish(PromptCommand::Undelete(ID), 0);
    let effects = mind.prompts.apply(PromptFact::Listed(vec![head(ID, "First"), head(OTHER, "Second")]), at(0), &mut mind.notices);
    assert!(matches!(effects[..], [Effect::LoadSet(ID)]), "what was brought back is in view again");
}
