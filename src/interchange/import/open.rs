//! The door: a file's bytes to a preview.

use super::collect::Collector;
use super::encoding::decode;
use super::json::{read_document, read_json, read_lines};
use super::sniff::{Shape, named_delimiter, shape_of, suggested_name};
use super::table::read_table;
use super::{ColumnMapping, Format, ImportError, ImportPreview, yaml};

/// Reads a picture that a table names, by its path relative to the table's own file. The error is a reason for a person.
pub type ImageFiles<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, String>;

/// Reads a whole file; `file_name` helps to tell the format and proposes the set's name. Nothing is kept: that is the caller's choice.
pub fn preview(bytes: &[u8], file_name: &str) -> Result<ImportPreview, ImportError> {
    parse_with(bytes, file_name, None)
}

/// As [`preview`], with the columns of a table taken as `mapping` says; other formats ignore it.
pub fn parse_with(bytes: &[u8], file_name: &str, mapping: Option<&ColumnMapping>) -> Result<ImportPreview, ImportError> {
    parse_with_images(bytes, file_name, mapping, &|_path| Err("there is no file that it could lie beside".to_owned()))
}

/// As [`parse_with`], with the pictures that a table names read by `images`.
pub fn parse_with_images(
    bytes: &[u8],
    file_name: &str,
    mapping: Option<&ColumnMapping>,
    images: ImageFiles<'_>,
) -> Result<ImportPreview, ImportError> {
    let decoded = decode(bytes)?;
    let text = decoded.text.as_ref();
    let mut collector = Collector::default();
    if let Some(warning) = decoded.warning {
        collector.warn(None, warning);
    }
    let (mut delimiter, mut columns) = (None, Vec::new());
    let format = match shape_of(text, file_name) {
        Shape::Table { delimiter: byte } => {
            let table = named_delimiter(text).map_or(text, |(_, below)| below);
            columns = read_table(table, byte, mapping, images, &mut collector)?;
            delimiter = Some(char::from(byte));
            if byte == b'\t' { Format::Tsv } else { Format::Csv }
        }
        Shape::Json => read_json(text, &mut collector)?,
        Shape::JsonLines => {
            read_lines(text, &mut collector)?;
            Format::JsonL
        }
        Shape::Yaml => {
            let document = yaml::parse(text, &mut collector)?;
            read_document(document, Format::PromptfooYaml, &mut collector)?
        }
    };
    let collected = collector.finish()?;
    Ok(ImportPreview {
        format,
        encoding: decoded.encoding,
        delimiter,
        row_count: (collected.cases.len() + collected.skipped.len()) as u64,
        columns,
        cases: collected.cases,
        skipped: collected.skipped,
        warnings: collected.warnings,
        suggested_name: suggested_name(file_name),
        bytes: bytes.len() as u64,
    })
}
