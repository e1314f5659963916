//! The settings file. Losing it is harmless, so a broken one is put aside and never stops the program.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::Settings;

use super::{InputFileError, PathText, ReplaceError, read_input, replace_private};

/// No settings file of ours comes near this.
const MAX_SETTINGS_BYTES: u64 = 256 * 1024;

/// What was loaded, and what to tell the user once.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadedSettings {
    /// Every value in its range.
    pub settings: Settings,
    /// Present when the file could not be used.
    pub notice: Option<String>,
}

/// Reads the settings; defaults when there are none. A file that cannot be read as settings is kept beside as `.bad-TIME`. Unknown keys are
/// ignored.
pub fn load_settings(path: &Path) -> LoadedSettings {
    let defaults = |notice: Option<String>| LoadedSettings { settings: Settings::default(), notice };
    let bytes = match read_input(path, MAX_SETTINGS_BYTES) {
        Ok(bytes) => bytes,
        Err(InputFileError::NotFound(_)) => return defaults(None),
        Err(InputFileError::TooLarge { .. }) => return defaults(Some(put_aside(path))),
        Err(error) => return defaults(Some(format!("The settings could not be read; the defaults are used. {error}"))),
    };
    match std::str::from_utf8(&bytes).ok().and_then(|text| toml::from_str::<Settings>(text).ok()) {
        Some(settings) => LoadedSettings { settings: settings.clamped(), notice: None },
        None => defaults(Some(put_aside(path))),
    }
}

/// Saves the settings, whole or not at all.
pub fn save_settings(path: &Path, settings: &Settings) -> Result<(), ReplaceError> {
    replace_private(path, |out| {
        let text = toml::to_string_pretty(settings).map_err(std::io::Error::other)?;
        out.write_all(text.as_bytes())
    })
}

fn put_aside(path: &Path) -> String {
    let aside = free_name(path, Timestamp::now());
    match fs::rename(path, &aside) {
        Ok(()) => format!(
            "The settings file was damaged; the defaults are used. Keys and data are not affected. It was kept as {}",
            PathText(&aside)
        ),
        Err(error) => {
            format!("The settings file is damaged and could not be put aside ({error}); the defaults are used: {}", PathText(path))
        }
    }
}

fn free_name(path: &Path, now: Timestamp) -> PathBuf {
    let time = now.strftime("%Y%m%dT%H%M%SZ");
    let named = |number: String| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".bad-{time}{number}"));
        PathBuf::from(name)
    };
    let numbered = (2..100).map(|number| named(format!("-{number}")));
    std::iter::once(named(String::new())).chain(numbered).find(|name| !name.exists()).unwrap_or_else(|| named("-100".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ThemeChoice;

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        assert_eq!(load_settings(&path), LoadedSettings { settings: Settings::default(), notice: None });
        let settings = Settings { theme: ThemeChoice::Dark, vantage: "Köln \"office\"".into(), retries: 3, ..Settings::default() };
        save_settings(&path, &settings).unwrap();
        assert_eq!(load_settings(&path), LoadedSettings { settings, notice: None });
    }

    #[test]
    fn unknown_keys_are_ignored_and_values_brought_into_range() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        fs::write(&path, "concurrency = 9999\nfrom_the_future = [1, 2]\n[more]\nx = 1\n").unwrap();
        let loaded = load_settings(&path);
        assert_eq!((loaded.settings.concurrency, loaded.notice), (1_024, None));
    }

    #[test]
    fn a_damaged_file_is_kept_aside_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let too_large = vec![b'#'; 300_000];
        let damaged: [&[u8]; 4] = [b"theme = \"da", b"\x00\xff\xfe garbage", b"zoom_percent = \"wide\"", &too_large];
        for (round, bytes) in damaged.into_iter().enumerate() {
            fs::write(&path, bytes).unwrap();
            let loaded = load_settings(&path);
            assert_eq!(loaded.settings, Settings::default());
            assert!(loaded.notice.unwrap().contains("settings.toml.bad-"));
            assert!(!path.exists());
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), round + 1);
        }
    }

    #[test]
    fn a_folder_in_its_place_is_told_and_left() {
        let folder = tempfile::tempdir().unwrap();
        let loaded = load_settings(folder.path());
        assert_eq!(loaded.settings, Settings::default());
        assert!(loaded.notice.unwrap().contains("folder"));
        assert!(folder.path().exists());
    }
}
