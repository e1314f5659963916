//! Where the program keeps what: the system's usual folders, or one folder for everything.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::atomic_file::output_place;
use super::{PathText, ReplaceError};

/// The places of one data folder. All folders exist; folders made here are for the user alone (0700).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    data: PathBuf,
    settings: PathBuf,
    state: PathBuf,
}

/// Why there is no place to keep data.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// The system names no home folder.
    #[error("this user has no home folder; say where to keep data with --data-dir")]
    NoHome,
    /// Something that is no folder stands where one is needed.
    #[error("a folder is needed here and something else is in its place; choose another with --data-dir: {}", PathText(.0))]
    NotAFolder(PathBuf),
    /// A folder or file cannot be made.
    #[error("cannot keep data here ({source}); choose another folder with --data-dir: {}", PathText(.path))]
    Create {
        /// The system's reason.
        source: io::Error,
        /// Where.
        path: PathBuf,
    },
}

impl Places {
    /// Finds the places and makes them: all in `data_dir` when given, else in the system's folders for “Assay”.
    pub fn locate(data_dir: Option<&Path>) -> Result<Self, PlacesError> {
        let places = if let Some(folder) = data_dir {
            let folder = std::path::absolute(folder).map_err(|source| PlacesError::Create { source, path: folder.to_owned() })?;
            Self { settings: folder.clone(), state: folder.clone(), data: folder }
        } else {
            let usual = directories::ProjectDirs::from("", "", "Assay").ok_or(PlacesError::NoHome)?;
            Self {
                data: usual.data_local_dir().to_owned(),
                settings: usual.config_dir().to_owned(),
                state: usual.state_dir().unwrap_or_else(|| usual.data_local_dir()).to_owned(),
            }
        };
        for folder in [places.data.clone(), places.settings.clone(), places.logs(), places.locks(), places.crashes()] {
            make_folder(&folder)?;
        }
        make_private_file(&places.database())?;
        Ok(places)
    }

    /// The folder of the database: what “data folder” means on screen.
    pub fn data_folder(&self) -> &Path {
        &self.data
    }

    /// The database file; exists, empty before the first start. SQLite gives its companions the same mode.
    pub fn database(&self) -> PathBuf {
        self.data.join("assay.db")
    }

    /// The settings file; may not exist.
    pub fn settings_file(&self) -> PathBuf {
        self.settings.join("settings.toml")
    }

    /// The folder of the log.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// The folder of crash reports.
    pub fn crashes(&self) -> PathBuf {
        self.state.join("crashes")
    }

    /// Where an output of the user's would come to stand, links followed: nowhere among the program's own files. Nothing is written.
    pub fn output_place(&self, path: &Path) -> Result<PathBuf, ReplaceError> {
        let place = output_place(path)?;
        let own = [&self.data, &self.settings, &self.state];
        let is_own = own.into_iter().filter_map(|folder| fs::canonicalize(folder).ok()).any(|folder| place.starts_with(folder));
        if is_own { Err(ReplaceError::OwnFolder(path.to_owned())) } else { Ok(place) }
    }

    /// The folder of lock files; beside the database, so that whoever shares the one shares the other.
    pub fn locks(&self) -> PathBuf {
        self.data.join("locks")
    }
}

/// Makes a folder and its parents, for the user alone. One that exists is left as it is: it may be the user's own.
fn make_folder(path: &Path) -> Result<(), PlacesError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => PlacesError::NotAFolder(path.to_owned()),
        _ => PlacesError::Create { source, path: path.to_owned() },
    })
}

fn make_private_file(path: &Path) -> Result<(), PlacesError> {
    match private_options().write(true).create_new(true).open(path) {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => Err(PlacesError::Create { source, path: path.to_owned() }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Options that make new files readable for the user alone (0600).
pub(super) fn private_options() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_holds_everything() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new/Daten 数据");
        let places = Places::locate(Some(&folder)).unwrap();
        assert_eq!(places.data_folder(), folder);
        for place in [places.database(), places.settings_file(), places.logs(), places.locks(), places.crashes()] {
            assert!(place.starts_with(&folder), "{place:?}");
        }
        fs::write(places.database(), "kept").unwrap();
        assert_eq!(Places::locate(Some(&folder)).unwrap(), places);
        assert_eq!(fs::read(places.database()).unwrap(), b"kept");
    }

    #[test]
    #[cfg(unix)]
    fn new_folders_and_files_are_for_the_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let places = Places::locate(Some(&root.path().join("data"))).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for folder in [places.data_folder(), &places.logs(), &places.locks(), &places.crashes()] {
            assert_eq!(mode(folder), 0o700, "{folder:?}");
        }
        assert_eq!(mode(&places.database()), 0o600);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_of_the_users_own_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Places::locate(Some(root.path())).unwrap();
        assert_eq!(fs::metadata(root.path()).unwrap().permissions().mode() & 0o777, 0o755);
    }

    #[test]
    fn no_output_comes_among_the_programs_own_files() {
        let root = tempfile::tempdir().unwrap();
        let places = Places::locate(Some(&root.path().join("data"))).unwrap();
        for path in [places.database(), places.settings_file(), places.logs().join("new.csv"), root.path().join("data/../data/x.csv")] {
            assert!(matches!(places.output_place(&path), Err(ReplaceError::OwnFolder(_))), "{path:?}");
        }
        places.output_place(&root.path().join("data.csv")).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(places.database(), root.path().join("link.csv")).unwrap();
            std::os::unix::fs::symlink(places.data_folder(), root.path().join("folder")).unwrap();
            for path in ["link.csv", "folder/new.csv"] {
                assert!(matches!(places.output_place(&root.path().join(path)), Err(ReplaceError::OwnFolder(_))), "{path}");
            }
        }
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_named() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("file");
        fs::write(&file, "mine").unwrap();
        for place in [file.clone(), file.join("below")] {
            let error = Places::locate(Some(&place)).unwrap_err();
            assert!(matches!(error, PlacesError::NotAFolder(_)), "{error:?}");
            assert!(error.to_string().contains("--data-dir"));
        }
        assert_eq!(fs::read(&file).unwrap(), b"mine");
    }
}
