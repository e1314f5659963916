//! The icons of the window, named for what they stand for. Single-colour glyphs of the Lucide font.

use egui::{Color32, FontId, RichText};

use super::{ICONS, family};

/// One icon.
#[derive(Clone, Copy, Debug)]
pub struct Icon(lucide_icons::Icon);

impl Icon {
    /// Its character in the icon font.
    pub fn glyph(self) -> char {
        self.0.unicode()
    }
}

/// The font of icons at `size` points.
pub fn font(size: f32) -> FontId {
    FontId::new(size, family(ICONS))
}

/// An icon as text of `size` points, for labels and menus. It has no name: the widget around it must.
pub fn icon_text(icon: Icon, size: f32, color: Color32) -> RichText {
    RichText::new(icon.glyph()).font(font(size)).color(color)
}

macro_rules! icons {
    ($($name:ident = $icon:ident),* $(,)?) => {
        $(#[doc = concat!("Lucide `", stringify!($icon), "`.")] pub const $name: Icon = Icon(lucide_icons::Icon::$icon);)*
        /// Every icon of the window.
        #[cfg(test)]
        pub(super) const ALL: &[Icon] = &[$($name),*];
    };
}

icons! {
    BENCH = Columns3,
    SETS = List,
    HISTORY = ChartLine,
    CONNECTIONS = Plug,
    SETTINGS = Settings,
    PLAY = Play,
    PAUSE = Pause,
    STOP = Square,
    PLUS = Plus,
    MINUS = Minus,
    CLOSE = X,
    CHECK = Check,
    THUMBS_UP = ThumbsUp,
    THUMBS_DOWN = ThumbsDown,
    PENCIL = Pencil,
    NOTE = MessageSquare,
    COPY = Copy,
    SEARCH = Search,
    FILTER = Funnel,
    CHEVRON_DOWN = ChevronDown,
    CHEVRON_UP = ChevronUp,
    CHEVRON_LEFT = ChevronLeft,
    CHEVRON_RIGHT = ChevronRight,
    ARROW_LEFT = ArrowLeft,
    ARROW_RIGHT = ArrowRight,
    ARROW_UP = ArrowUp,
    ARROW_DOWN = ArrowDown,
    DOWNLOAD = Download,
    UPLOAD = Upload,
    WARNING = TriangleAlert,
    INFO = Info,
    FAILED = CircleX,
    PASSED = CircleCheck,
    REFRESH = RefreshCw,
    EYE = Eye,
    EYE_OFF = EyeOff,
    TRASH = Trash2,
    UNDO = Undo2,
    GEM = Gem,
    KEY = KeyRound,
    FILE = FileText,
    FOLDER = FolderOpen,
    MORE = Ellipsis,
    PICTURE = Image,
    LINK = Link,
    CLOCK = Clock,
    STAR = Star,
    TABLE = Table,
    SLIDERS = SlidersHorizontal,
    TERMINAL = Terminal,
    SUN = Sun,
    MOON = Moon,
    MONITOR = Monitor,
    DIFF = Diff,
    SAVE = Save,
    RETRY = RotateCcw,
    LOCK = Lock,
    SIMULATED = FlaskConical,
    RAIL = PanelLeft,
    KEYBOARD = Keyboard,
}
