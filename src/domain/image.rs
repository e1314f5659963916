//! Pictures inside a prompt: kept as they were given, known by their first bytes, and never decoded.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// Largest picture, bytes: what the strictest of the providers takes.
pub const MOST_IMAGE_BYTES: usize = 5 << 20;
/// Largest pictures of one case together, bytes.
pub const MOST_CASE_IMAGE_BYTES: u64 = 16 << 20;

/// The kinds of picture that every wire format can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageType {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    WebP,
}

impl ImageType {
    /// The word on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
        }
    }

    /// The media type in requests.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }

    /// By the first bytes, whatever a name or a header claims.
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }
}

/// A picture of a prompt. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// What it is called on screen; a file name without its folder, may be empty.
    #[serde(default)]
    pub name: String,
    /// Its kind.
    pub kind: ImageType,
    /// Width in pixels, as the file says.
    pub width_px: u32,
    /// Height in pixels, as the file says.
    pub height_px: u32,
    /// The file in base64, with padding.
    pub base64: Arc<str>,
}

/// Why a picture cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Neither PNG nor JPEG nor WebP.
    #[error("it is no PNG, JPEG or WebP picture")]
    Kind,
    /// Past [`MOST_IMAGE_BYTES`].
    #[error("it is larger than 5 MiB")]
    TooLarge,
    /// Its first bytes say a kind, and the rest does not follow.
    #[error("its size in pixels cannot be read; the file is damaged")]
    Damaged,
    /// Not a `data:` URL: nothing is fetched.
    #[error("it is an address ({0}…), and nothing is fetched; put the picture into the file as a data: URL")]
    Remote(String),
    /// A `data:` URL without base64.
    #[error("its data: URL holds no base64")]
    Base64,
}

impl Image {
    /// Takes a picture's file.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, ImageError> {
        let kind = ImageType::of(bytes).ok_or(ImageError::Kind)?;
        if bytes.len() > MOST_IMAGE_BYTES {
            return Err(ImageError::TooLarge);
        }
        let size = imagesize::blob_size(bytes).ok().filter(|size| size.width > 0 && size.height > 0).ok_or(ImageError::Damaged)?;
        let pixels = |length: usize| u32::try_from(length).map_err(|_too_long| ImageError::Damaged);
        let name = name.rsplit(['/', '\\']).next().unwrap_or(name).chars().filter(|c| !c.is_control()).take(80).collect();
        Ok(Self { name, kind, width_px: pixels(size.width)?, height_px: pixels(size.height)?, base64: STANDARD.encode(bytes).into() })
    }

    /// Takes a picture from a `data:` URL, as OpenAI's `image_url` has it.
    pub fn from_data_url(name: &str, url: &str) -> Result<Self, ImageError> {
        let Some(rest) = url.trim().strip_prefix("data:") else {
            return Err(ImageError::Remote(url.trim().chars().filter(|c| !c.is_control()).take(40).collect()));
        };
        let (head, body) = rest.split_once(',').ok_or(ImageError::Base64)?;
        if !head.ends_with(";base64") {
            return Err(ImageError::Base64);
        }
        if body.len() > MOST_IMAGE_BYTES.div_ceil(3) * 4 + 4 {
            return Err(ImageError::TooLarge);
        }
        let bytes = STANDARD.decode(body.trim()).map_err(|_not_base64| ImageError::Base64)?;
        Self::from_bytes(name, &bytes)
    }

    /// As a `data:` URL.
    pub fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.kind.media_type(), self.base64)
    }

    /// Size of the file, bytes.
    pub fn bytes(&self) -> u64 {
        let padding = self.base64.bytes().rev().take_while(|byte| *byte == b'=').count() as u64;
        (self.base64.len() as u64 / 4 * 3).saturating_sub(padding)
    }

    /// `photo.png · PNG · 640 × 480 · 12 KB`.
    pub fn words(&self) -> String {
        let name = if self.name.is_empty() { "image" } else { self.name.as_str() };
        let kilobytes = self.bytes().div_ceil(1_000);
        format!("{name} · {} · {} × {} · {kilobytes} KB", self.kind.label(), self.width_px, self.height_px)
    }

    /// Tokens that it likely counts as: a token per 750 pixels, at most 1,600 (Anthropic's rule for pictures that it scales down; others lie near).
    pub fn likely_tokens(&self) -> u64 {
        (u64::from(self.width_px) * u64::from(self.height_px) / 750).clamp(85, 1_600)
    }

    /// More tokens than it counts as at any known provider: the dearest is GPT-4o mini with 2,833 tokens and 5,667 for each tile of 512 pixels, of
    /// which there are at most 8 once it is scaled down.
    pub fn most_tokens(&self) -> u64 {
        let tiles = u64::from(self.width_px.div_ceil(512)) * u64::from(self.height_px.div_ceil(512));
        2_833 + 5_667 * tiles.clamp(1, 8)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The smallest PNG: one pixel. Its size is all that is read of it.
    pub(crate) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    pub(crate) fn png(name: &str) -> Image {
        Image::from_data_url(name, &format!("data:image/png;base64,{PNG}")).unwrap()
    }

    /// A JPEG's head: start, frame of 640 × 480.
    fn jpeg() -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
        bytes.extend(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
        bytes.extend([0xff, 0xc0, 0, 17, 8, 1, 224, 2, 128, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        bytes
    }

    /// A lossless WebP's head of 3 × 2.
    fn webp() -> Vec<u8> {
        let mut bytes = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f".to_vec();
        bytes.extend((2u32 | (1 << 14)).to_le_bytes());
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn a_picture_is_known_by_its_bytes() {
        let image = png("C:\\pictures/dot.png");
        assert_eq!(
            (image.name.as_str(), image.kind, image.width_px, image.height_px, image.bytes()),
            ("dot.png", ImageType::Png, 1, 1, 70)
        );
        assert_eq!(image.words(), "dot.png · PNG · 1 × 1 · 1 KB");
        assert_eq!(Image::from_data_url("dot.png", &image.data_url()), Ok(image));
        let photo = Image::from_bytes("claims.png", &jpeg()).unwrap();
        assert_eq!((photo.kind, photo.width_px, photo.height_px), (ImageType::Jpeg, 640, 480));
        let web = Image::from_bytes("", &webp()).unwrap();
        assert_eq!((web.kind, web.width_px, web.height_px, web.words().as_str()), (ImageType::WebP, 3, 2, "image · WebP · 3 × 2 · 1 KB"));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert_eq!(Image::from_bytes("x", b"GIF89a\x01\0\x01\0"), Err(ImageError::Kind));
        assert_eq!(Image::from_bytes("x", b"<svg/>"), Err(ImageError::Kind));
        assert_eq!(Image::from_bytes("x", &[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a]), Err(ImageError::Damaged));
        let mut large = STANDARD.decode(PNG).unwrap();
        large.resize(MOST_IMAGE_BYTES + 1, 0);
        assert_eq!(Image::from_bytes("x", &large), Err(ImageError::TooLarge));
        assert_eq!(Image::from_data_url("x", "https://example.com/a.png"), Err(ImageError::Remote("https://example.com/a.png".into())));
        for broken in ["data:image/png,abc", "data:image/png;base64,***", "data:image/png;base64"] {
            assert_eq!(Image::from_data_url("x", broken), Err(ImageError::Base64), "{broken}");
        }
    }

    #[test]
    fn the_most_tokens_are_above_the_likely_ones() {
        for (width_px, height_px) in [(1, 1), (512, 512), (1_024, 1_024), (4_000, 3_000), (u32::MAX, u32::MAX)] {
            let image = Image { width_px, height_px, ..png("") };
            assert!(image.most_tokens() > image.likely_tokens() && image.most_tokens() <= 48_169);
        }
    }
}
