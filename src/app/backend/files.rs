//! Files chosen and read, settings kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::Settings;
use crate::interchange::import::{ColumnMapping, ImportError, MAX_FILE_BYTES, parse_with};
use crate::platform::{Places, read_input, replace, save_settings as write_settings};

use super::super::exchange::{ExchangeFact, ImportRefusal};
use super::super::fact::Fact;
use super::super::notices::NoticeLevel;
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
        parse_with(&bytes, &name, mapping.as_ref()).map(Arc::new).map_err(|error| {
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
