use super::*;

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_is_made_and_replaced_without_leftovers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    replace(&path, |out| out.write_all(b"old")).unwrap();
    replace(&path, |out| write!(out, "new {}", 1)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new 1");
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[test]
fn a_failed_writer_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old").unwrap();
    let fail = |kind: io::ErrorKind| {
        replace(&path, |out| {
            out.write_all(&vec![b'x'; 200_000])?;
            Err(kind.into())
        })
        .unwrap_err()
    };
    assert!(matches!(fail(io::ErrorKind::Other), ReplaceError::Write { .. }));
    assert!(matches!(fail(io::ErrorKind::StorageFull), ReplaceError::DiskFull(_)));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names_in(folder.path()), ["out.csv"]);
}

#[test]
fn folders_and_missing_folders_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &Path| replace(path, |out| out.write_all(b"x")).unwrap_err();
    assert!(matches!(write(folder.path()), ReplaceError::IsFolder(_)));
    assert!(matches!(write(&folder.path().join("new/")), ReplaceError::IsFolder(_)));
    let missing = write(&folder.path().join("none/out.csv"));
    assert!(matches!(missing, ReplaceError::NoFolder(_)));
    assert!(missing.to_string().ends_with("none/out.csv"), "{missing}");
    assert!(names_in(folder.path()).is_empty());
}

#[test]
#[cfg(unix)]
fn devices_are_refused() {
    for device in ["/dev/null", "/dev/full", "/dev/zero"] {
        assert!(matches!(replace(Path::new(device), |_| Ok(())), Err(ReplaceError::NotAFile(_))), "{device}");
    }
}

#[test]
#[cfg(unix)]
fn the_file_behind_a_link_is_replaced_and_the_link_stays() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (link, target) = (folder.path().join("link"), other.path().join("target"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    for contents in ["made", "replaced"] {
        replace(&link, |out| out.write_all(contents.as_bytes())).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), contents);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
    let circle = folder.path().join("circle");
    std::os::unix::fs::symlink("circle", &circle).unwrap();
    assert!(replace(&circle, |_| Ok(())).is_err());
}

#[test]
#[cfg(unix)]
fn the_place_of_an_output_is_where_links_lead() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    fs::create_dir(root.join("below")).unwrap();
    fs::write(root.join("there.csv"), "old").unwrap();
    let link = |from: &str, to: &str| std::os::unix::fs::symlink(to, root.join(from)).unwrap();
    link("below/link.csv", "../there.csv");
    link("below/dangling.csv", "../new.csv");
    link("up", "below/..");
    for (path, expected) in [
        ("there.csv", "there.csv"),
        ("below/link.csv", "there.csv"),
        ("below/../up/there.csv", "there.csv"),
        ("new.csv", "new.csv"),
        ("below/dangling.csv", "new.csv"),
        ("up/up/new.csv", "new.csv"),
    ] {
        assert_eq!(output_place(&root.join(path)).unwrap(), root.join(expected), "{path}");
    }
    assert_eq!(names_in(&root), ["below", "there.csv", "up"]);
    assert_eq!(fs::read(root.join("there.csv")).unwrap(), b"old");
}

#[test]
#[cfg(target_os = "linux")]
fn a_place_that_cannot_be_written_is_told_before() {
    for (path, kind) in
        [("/dev/null", "not an ordinary file"), ("/proc/self/out.csv", "cannot write"), ("/proc/none/out.csv", "does not exist")]
    {
        let error = output_place(Path::new(path)).unwrap_err();
        assert!(error.to_string().contains(kind), "{path}: {error}");
    }
    // A pipe behind a link that spells no path.
    let (reader, _writer) = io::pipe().unwrap();
    let pipe = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
    assert!(matches!(output_place(Path::new(&pipe)), Err(ReplaceError::NotAFile(_))));
}

#[test]
#[cfg(unix)]
fn private_files_are_private_and_others_keep_their_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mode = |name: &str| fs::metadata(path(name)).unwrap().permissions().mode() & 0o777;
    fs::write(path("ordinary"), "").unwrap();
    let umasked = mode("ordinary");

    replace(&path("new"), |_| Ok(())).unwrap();
    assert_eq!(mode("new"), umasked);
    fs::set_permissions(path("ordinary"), fs::Permissions::from_mode(0o640)).unwrap();
    replace(&path("ordinary"), |_| Ok(())).unwrap();
    assert_eq!(mode("ordinary"), 0o640);
    fs::set_permissions(path("ordinary"), fs::Permissions::from_mode(0o644)).unwrap();
    replace_private(&path("ordinary"), |_| Ok(())).unwrap();
    assert_eq!(mode("ordinary"), 0o600);
}
