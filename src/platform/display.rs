//! Whether a window could be opened at all.

use std::ffi::OsString;

/// There is a display to open a window on. Where none can be absent (macOS, Windows) this is always true.
pub fn has_display() -> bool {
    cfg!(any(target_os = "macos", target_os = "windows")) || names_a_display(|variable| std::env::var_os(variable))
}

fn names_a_display(lookup: impl Fn(&str) -> Option<OsString>) -> bool {
    ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"].into_iter().any(|variable| lookup(variable).is_some_and(|value| !value.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_names_no_display() {
        assert!(!names_a_display(|_| None));
        assert!(!names_a_display(|_| Some(OsString::new())));
        for set in ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"] {
            assert!(names_a_display(|variable| (variable == set).then(|| ":0".into())), "{set}");
        }
    }
}
