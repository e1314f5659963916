//! Files chosen and read, settings kept.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::domain::{Image, MOST_IMAGE_BYTES, PromptSetId, Settings};
use crate::interchange::import::{ColumnMapping, ImportError, MAX_FILE_BYTES, parse_with_images};
use crate::platform::{Places, read_input, replace, save_settings as write_settings};

use super::super::exchange::{ExchangeFact, ImportRefusal};
use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
use super::super::prompts::PromptFact;
use super::channel::Facts;
use super::world::World;

async fn tell(facts: &Facts, fact: ExchangeFact) {
    facts.tell(Fact::Exchange(fact)).await;
}

pub(super) async fn pick_import(facts: &Facts) {
    let picked = rfd::AsyncFileDialog::new()
        .set_title("Import prompts")
        .add_filter("Prompt files", &["csv", "tsv", "json", "jsonl", "yaml", "yml", "txt"])
        .add_filter("All files", &["*"])
        .pick_file()
        .await;
    match picked {
        Some(file) => tell(facts, ExchangeFact::ImportPicked(file.path().to_owned())).await,
        None => tell(facts, ExchangeFact::DialogMissing).await,
    }
}

pub(super) async fn pick_export(facts: &Facts, suggested: PathBuf) {
    let mut dialog = rfd::AsyncFileDialog::new().set_title("Export");
    if let Some(folder) = suggested.parent() {
        dialog = dialog.set_directory(folder);
    }
    if let Some(name) = suggested.file_name() {
        dialog = dialog.set_file_name(name.to_string_lossy());
    }
    match dialog.save_file().await {
        Some(file) => tell(facts, ExchangeFact::ExportPicked(file.path().to_owned())).await,
        None => tell(facts, ExchangeFact::DialogMissing).await,
    }
}

fn refusal(message: &str) -> ImportRefusal {
    ImportRefusal { message: crate::analysis::capitalised(message), columns: Vec::new() }
}

pub(super) async fn read_import(world: &World, facts: &Facts, path: PathBuf, mapping: Option<ColumnMapping>) {
    let file = path.clone();
    let read = move || {
        let bytes = read_input(&file, MAX_FILE_BYTES as u64).map_err(|error| refusal(&error.to_string()))?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let folder = file.parent().unwrap_or_else(|| Path::new("")).to_owned();
        parse_with_images(&bytes, &name, mapping.as_ref(), &|path| picture_beside(&folder, path)).map(Arc::new).map_err(|error| {
            let message = error.to_string();
            match error {
                ImportError::NoPromptColumn { columns } => ImportRefusal { message, columns },
                _ => refusal(&message),
            }
        })
    };
    let result =
        world.cpu.run(read).await.unwrap_or_else(|_panicked| Err(refusal("the file could not be read because of a fault in this program")));
    tell(facts, ExchangeFact::Previewed { path, result }).await;
}

/// A picture that a table names. It lies in the table's folder or below: a file from elsewhere is not to reach for others.
fn picture_beside(folder: &Path, named: &str) -> Result<Vec<u8>, String> {
    let path = Path::new(named);
    if path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err("its path has to be relative to the file, and to stay in its folder".to_owned());
    }
    read_input(&folder.join(path), MOST_IMAGE_BYTES as u64).map_err(|error| error.to_string())
}

pub(super) async fn read_image(world: &World, facts: &Facts, id: PromptSetId, case_id: String, path: Option<PathBuf>) {
    let path = if let Some(path) = path {
        path
    } else {
        let dialog = rfd::AsyncFileDialog::new().set_title("Attach an image").add_filter("Pictures", &["png", "jpg", "jpeg", "webp"]);
        let Some(file) = dialog.pick_file().await else {
            return facts.notice(NoticeLevel::Info, "No file was chosen; you can also type a path".to_owned()).await;
        };
        file.path().to_owned()
    };
    let read = move || {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = read_input(&path, MOST_IMAGE_BYTES as u64).map_err(|error| error.to_string())?;
        Image::from_bytes(&name, &bytes).map_err(|error| format!("{error}: {}", crate::platform::PathText(&path)))
    };
    let result = world.cpu.run(read).await.unwrap_or_else(|_panicked| Err("a fault in this program".to_owned()));
    let result = result.map_err(|reason| format!("The picture is not attached: {reason}"));
    facts.tell(Fact::Prompts(PromptFact::ImageRead { id, case_id, result })).await;
}

pub(super) async fn save_picture(world: &World, facts: &Facts, folder: PathBuf, stem: String, png: Arc<[u8]>) {
    let places = world.places.clone();
    let written = tokio::task::spawn_blocking(move || write_picture(&places, &folder, &stem, &png))
        .await
        .unwrap_or_else(|_panicked| Err("the picture could not be written because of a fault in this program".to_owned()));
    let fact = match written {
        Ok(path) => ExchangeFact::Exported { path },
        Err(error) => ExchangeFact::ExportFailed { message: format!("The picture is not saved: {error}") },
    };
    tell(facts, fact).await;
}

/// Writes a picture under a name that no file has yet.
fn write_picture(places: &Places, folder: &Path, stem: &str, png: &[u8]) -> Result<PathBuf, String> {
    let named = |number: u32| folder.join(if number == 1 { format!("{stem}.png") } else { format!("{stem}-{number}.png") });
    let path = (1..1_000).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(1_000));
    let placed = places.output_place(&path).and_then(|_| replace(&path, |out| out.write_all(png)));
    placed.map(|()| path).map_err(|error| error.to_string())
}

pub(super) async fn save_settings(world: &World, facts: &Facts, settings: Settings) {
    let path = world.places.settings_file();
    let saved = tokio::task::spawn_blocking(move || write_settings(&path, &settings)).await;
    if let Ok(Err(error)) = saved {
        facts.notice(NoticeLevel::Error, format!("The settings were not saved: {error}")).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_reaches_for_no_file_outside_its_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("set");
        std::fs::create_dir_all(folder.join("images")).unwrap();
        std::fs::write(root.path().join("secret.png"), "x").unwrap();
        std::fs::write(folder.join("images/a.png"), "png").unwrap();
        assert_eq!(picture_beside(&folder, "./images/a.png").unwrap(), b"png");
        let absolute = root.path().join("secret.png").display().to_string();
        for named in ["../secret.png", "images/../../secret.png", absolute.as_str()] {
            assert!(picture_beside(&folder, named).unwrap_err().contains("stay in its folder"), "{named}");
        }
        assert!(picture_beside(&folder, "images/b.png").is_err());
    }

    #[test]
    fn a_picture_takes_no_other_files_place() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::locate(Some(&root.path().join("data"))).unwrap();
        let refused = write_picture(&places, places.data_folder(), "chart", b"png").unwrap_err();
        assert!(refused.contains("its own files") && !places.data_folder().join("chart.png").exists(), "{refused}");
        for name in ["chart.png", "chart-2.png"] {
            assert_eq!(write_picture(&places, root.path(), "chart", b"png").unwrap(), root.path().join(name));
        }
    }
}
