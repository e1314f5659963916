//! Names in a sentence.

/// Names shown; more are counted.
const MOST_NAMES: usize = 12;

/// `“a”, “b” and 3 more`; empty when there are none.
pub(super) fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.collect();
    let shown: Vec<String> = all.iter().take(MOST_NAMES).map(|name| format!("“{name}”")).collect();
    let more = all.len() - shown.len();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_counted() {
        assert_eq!(names([].into_iter()), "");
        assert_eq!(names(["a", "b"].into_iter()), "“a”, “b”");
        assert!(names(["x"; 15].into_iter()).ends_with("“x” and 3 more"));
    }
}
