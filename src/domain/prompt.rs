//! Prompts: messages, cases, and the versioned sets that they belong to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Image, PromptSetId, template};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Instructions that stand above the conversation.
    #[serde(alias = "developer")]
    System,
    /// The person.
    User,
    /// The model, in an earlier turn.
    Assistant,
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Speaker,
    /// What is said.
    pub content: String,
    /// Pictures that are shown with it, before the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
}

impl Message {
    /// A turn of text alone.
    pub fn new(role: Speaker, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), images: Vec::new() }
    }
}

/// What a case sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptBody {
    /// A system text (may be empty) and a user text, both with `{{variables}}`.
    Template {
        /// Empty: no system message is sent.
        #[serde(default)]
        system: String,
        /// The user's text.
        prompt: String,
    },
    /// A conversation, ending with the user's turn; `{{variables}}` only when the case has variables, else literal.
    Messages(Vec<Message>),
}

/// A promptfoo check or option kept for later (`__expected`, `assert`, …); nothing reads it yet.
pub type KeptChecks = serde_json::Map<String, serde_json::Value>;

/// One prompt of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Unique in its set; shown and exported as `case_id`.
    pub id: String,
    /// What is sent.
    pub body: PromptBody,
    /// Values of the variables.
    #[serde(default)]
    pub vars: BTreeMap<String, String>,
    /// Pictures sent with the user's last turn, before those that the turn has itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// A reference answer; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// A title for people; absent when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Free labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Kept for later.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub checks: KeptChecks,
}

/// A `{{variable}}` without a value: an input error before the run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The variable has no value in this case.
    #[error("case “{case_id}” has no value for {{{{{variable}}}}}")]
    MissingVariable {
        /// The case.
        case_id: String,
        /// The variable's name.
        variable: String,
    },
    /// There is nothing to send.
    #[error("case “{case_id}” has no prompt")]
    Empty {
        /// The case.
        case_id: String,
    },
}

impl Case {
    /// A single-turn case.
    pub fn single(id: &str, system: &str, prompt: &str) -> Self {
        Self {
            id: id.to_owned(),
            body: PromptBody::Template { system: system.to_owned(), prompt: prompt.to_owned() },
            vars: BTreeMap::new(),
            images: Vec::new(),
            expected: None,
            description: None,
            tags: Vec::new(),
            checks: KeptChecks::new(),
        }
    }

    /// The messages as sent.
    pub fn render(&self) -> Result<Vec<Message>, RenderError> {
        let fill = |text: &str| {
            template::render(text, &self.vars).map_err(|variable| RenderError::MissingVariable { case_id: self.id.clone(), variable })
        };
        let mut messages = match &self.body {
            PromptBody::Template { system, prompt } => {
                let mut messages = Vec::with_capacity(2);
                if !system.trim().is_empty() {
                    messages.push(Message::new(Speaker::System, fill(system)?));
                }
                if prompt.trim().is_empty() && self.images.is_empty() {
                    return Err(RenderError::Empty { case_id: self.id.clone() });
                }
                messages.push(Message::new(Speaker::User, fill(prompt)?));
                messages
            }
            PromptBody::Messages(messages) if self.vars.is_empty() => messages.clone(),
            PromptBody::Messages(messages) => messages
                .iter()
                .map(|message| Ok(Message { content: fill(&message.content)?, ..message.clone() }))
                .collect::<Result<_, RenderError>>()?,
        };
        if messages.is_empty() {
            return Err(RenderError::Empty { case_id: self.id.clone() });
        }
        if let Some(last) = messages.iter_mut().rfind(|message| message.role == Speaker::User) {
            last.images.splice(..0, self.images.iter().cloned());
        }
        Ok(messages)
    }

    /// All its pictures, those of earlier turns included.
    pub fn all_images(&self) -> impl Iterator<Item = &Image> {
        let turns = match &self.body {
            PromptBody::Template { .. } => &[][..],
            PromptBody::Messages(messages) => messages,
        };
        self.images.iter().chain(turns.iter().flat_map(|message| &message.images))
    }

    /// The variables that its texts name, each once.
    pub fn variables(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut add = |text: &str| {
            for name in template::variables(text, &self.vars) {
                if !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        };
        match &self.body {
            PromptBody::Template { system, prompt } => {
                add(system);
                add(prompt);
            }
            PromptBody::Messages(messages) if !self.vars.is_empty() => messages.iter().for_each(|message| add(&message.content)),
            PromptBody::Messages(_) => {}
        }
        names
    }

    /// What stands in the case list: the description, else the id.
    pub fn title(&self) -> &str {
        self.description.as_deref().filter(|text| !text.trim().is_empty()).unwrap_or(&self.id)
    }
}

/// Which kind of set it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromptSetKind {
    /// Made or imported by the user.
    Listed,
    /// The composer's own: one, always there.
    Scratch,
    /// Read from a file for one run on the command line; not listed.
    File,
    /// The sample set of the demo.
    Sample,
}

/// A prompt set as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSetHead {
    /// Its id.
    pub id: PromptSetId,
    /// Unique among listed sets.
    pub name: String,
    /// Which kind it is.
    pub kind: PromptSetKind,
    /// From 1; a version that a run has used is frozen, the next edit starts a new one.
    pub version: u32,
    /// Whether a run has used this version.
    pub frozen: bool,
    /// How many cases the version has.
    pub case_count: u32,
}

/// A prompt set with the cases of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptSet {
    /// Name, version and the like.
    pub head: PromptSetHead,
    /// In order; ids are unique.
    pub cases: Vec<Case>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::image_samples::png;

    #[test]
    fn pictures_go_with_the_last_turn_of_the_user() {
        let mut case = Case::single("1", "be brief", "What is {{thing}}?");
        case.vars.insert("thing".into(), "this".into());
        case.images = vec![png("a.png")];
        let sent = case.render().unwrap();
        assert_eq!((sent[0].images.len(), sent[1].images.len(), sent[1].content.as_str()), (0, 1, "What is this?"));
        let turn = Message { images: vec![png("b.png")], ..Message::new(Speaker::User, "and this?") };
        case.body = PromptBody::Messages(vec![Message::new(Speaker::User, "first"), Message::new(Speaker::Assistant, "yes"), turn]);
        let sent = case.render().unwrap();
        let names: Vec<Vec<&str>> = sent.iter().map(|turn| turn.images.iter().map(|image| image.name.as_str()).collect()).collect();
        assert_eq!(names, [vec![], vec![], vec!["a.png", "b.png"]]);
        assert_eq!(case.all_images().count(), 2);
    }

    #[test]
    fn a_picture_alone_is_a_prompt() {
        let mut case = Case::single("1", "", " ");
        assert!(case.render().is_err());
        case.images = vec![png("a.png")];
        assert_eq!(case.render().unwrap().len(), 1);
    }

    #[test]
    fn a_case_stored_before_there_were_pictures_stays_the_same_text() {
        let case = Case::single("1", "", "hi");
        let text = serde_json::to_string(&case).unwrap();
        assert!(!text.contains("images"), "{text}");
        assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case);
    }
}
