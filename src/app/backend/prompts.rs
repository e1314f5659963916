//! Prompt sets in the archive.

use std::sync::Arc;

use crate::domain::{Case, PromptSetId, PromptSetKind};
use crate::store::StoreError;

use super::super::fact::Fact;
use super::super::prompts::PromptFact;
use super::channel::Facts;
use super::world::World;

async fn tell(facts: &Facts, fact: PromptFact) {
    facts.tell(Fact::Prompts(fact)).await;
}

async fn failed(facts: &Facts, what: &str, error: &StoreError) {
    tell(facts, PromptFact::Failed { message: format!("{what}: {error}") }).await;
}

pub(super) async fn load(world: &World, facts: &Facts, id: PromptSetId) {
    match world.read(move |archive| archive.prompt_set(id, None)).await {
        Ok(set) => tell(facts, PromptFact::Loaded(Box::new(set))).await,
        Err(error) => failed(facts, "The prompt set could not be read", &error).await,
    }
}

pub(super) async fn save_cases(world: &World, facts: &Facts, id: PromptSetId, cases: Arc<Vec<Case>>) {
    match world.write(move |archive| archive.replace_cases(id, &cases)).await {
        Ok(head) => tell(facts, PromptFact::Saved(head)).await,
        Err(error) => failed(facts, "Your edits are not saved yet", &error).await,
    }
}

pub(super) async fn create(world: &World, facts: &Facts, name: String, kind: PromptSetKind, cases: Vec<Case>) {
    let created = world
        .write(move |archive| {
            let head = archive.create_prompt_set(&name, kind, &cases)?;
            archive.prompt_set(head.id, None)
        })
        .await;
    match created {
        Ok(set) => tell(facts, PromptFact::Created(Box::new(set))).await,
        Err(error) => failed(facts, "The prompt set was not made", &error).await,
    }
}

pub(super) async fn keep_file_set(world: &World, facts: &Facts, name: String, cases: Vec<Case>) {
    match world.write(move |archive| archive.keep_prompt_set(&name, PromptSetKind::File, &cases)).await {
        Ok(set) => tell(facts, PromptFact::Created(Box::new(set))).await,
        Err(error) => failed(facts, "The prompts were not stored", &error).await,
    }
}

pub(super) async fn rename(world: &World, facts: &Facts, id: PromptSetId, name: String) {
    match world.write(move |archive| archive.rename_prompt_set(id, &name)).await {
        Ok(()) => list(world, facts).await,
        Err(error) => failed(facts, "The name was not changed", &error).await,
    }
}

pub(super) async fn duplicate(world: &World, facts: &Facts, id: PromptSetId) {
    let copied = world
        .write(move |archive| {
            let head = archive.duplicate_prompt_set(id)?;
            archive.prompt_set(head.id, None)
        })
        .await;
    match copied {
        Ok(set) => tell(facts, PromptFact::Created(Box::new(set))).await,
        Err(error) => failed(facts, "The prompt set was not copied", &error).await,
    }
}

pub(super) async fn delete(world: &World, facts: &Facts, id: PromptSetId) {
    match world.write(move |archive| archive.delete_prompt_set(id)).await {
        Ok(()) => tell(facts, PromptFact::Deleted(id)).await,
        Err(error) => failed(facts, "The prompt set was not deleted", &error).await,
    }
}

pub(super) async fn undelete(world: &World, facts: &Facts, id: PromptSetId) {
    match world.write(move |archive| archive.undelete_prompt_set(id)).await {
        Ok(_) => list(world, facts).await,
        Err(error) => failed(facts, "The prompt set was not brought back", &error).await,
    }
}

async fn list(world: &World, facts: &Facts) {
    match world.read(|archive| archive.prompt_sets()).await {
        Ok(heads) => tell(facts, PromptFact::Listed(heads)).await,
        Err(error) => failed(facts, "The prompt sets could not be read", &error).await,
    }
}
