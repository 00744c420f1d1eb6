//! The table as a picture: for each row a line of dots, one for each cache.

use super::Row;
use std::fmt::{self, Write as _};

const LEFT: usize = 190;
const WIDTH: usize = 640;
const ROW: usize = 18;
const TOP: usize = 60;
const COLOURS: [&str; 7] = ["#999", "#222", "#1b6ca8", "#c26a00", "#7a4fb5", "#2e8b57", "#d11"];

/// The chart as SVG.
///
/// # Errors
/// None in practice: it writes into a string.
pub fn chart(columns: &[&str], rows: &[Row]) -> Result<String, fmt::Error> {
    let height = TOP + rows.len() * ROW + 30;
    let mut svg = String::new();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{height}" font-family="sans-serif" font-size="11">"#,
        LEFT + WIDTH + 30
    )?;
    writeln!(svg, r#"<rect width="100%" height="100%" fill="white"/>"#)?;
    for (at, (name, colour)) in columns.iter().zip(COLOURS).enumerate() {
        let x = LEFT + at * 90;
        writeln!(
            svg,
            r#"<circle cx="{x}" cy="20" r="4" fill="{colour}"/><text x="{}" y="24">{name}</text>"#,
            x + 8
        )?;
    }
    for percent in (0..=100).step_by(10) {
        let x = LEFT + WIDTH * percent / 100;
        writeln!(svg, r##"<path d="M{x} {}V{}" stroke="#ddd"/>"##, TOP - 10, height - 25)?;
        writeln!(svg, r#"<text x="{x}" y="{}" text-anchor="middle">{percent} %</text>"#, height - 10)?;
    }
    for (at, row) in rows.iter().enumerate() {
        let y = TOP + at * ROW;
        writeln!(svg, r#"<text x="{}" y="{}" text-anchor="end">{}</text>"#, LEFT - 8, y + 4, row.name)?;
        for (hits, colour) in row.hits.iter().zip(COLOURS) {
            let x = f64::from(u32::try_from(WIDTH).unwrap_or_default()) * hits / 100.0;
            let x = x + f64::from(u32::try_from(LEFT).unwrap_or_default());
            writeln!(svg, r#"<circle cx="{x:.1}" cy="{y}" r="3.5" fill="{colour}" fill-opacity=".8"/>"#)?;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
