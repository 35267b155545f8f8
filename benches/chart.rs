//! The charts of the page.

use crate::inits::{FLOOR, RINIT};
use crate::report::{file, microseconds, number};
use crate::results::Results;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const WIDTH: u32 = 760;
const ROW: u32 = 32;
const HEAD: u32 = 72;
const RINITS: RGBColor = RGBColor(196, 78, 32);
const PEERS: RGBColor = RGBColor(138, 155, 168);
const INK: RGBColor = RGBColor(48, 48, 48);

/// The charts, each with the name of its file.
pub fn all(results: &Results) -> [(&'static str, String); 3] {
    let size = |init: usize| results.bytes[init].file as i64;
    let startup = |init: usize| results.lives[0].start(init).median();
    let memory = |init: usize| results.memory[0][init].expect("there is one of each").resident as i64;
    let startup_text = |init| microseconds(startup(init));
    let memory_text = |init| number(memory(init));
    [
        (
            "doc/benchmarks-size.svg",
            draw(results, "Size of the file, bytes", size, |init| file(results, init)),
        ),
        (
            "doc/benchmarks-startup.svg",
            draw(results, "Time before the program's first instruction, µs", startup, startup_text),
        ),
        ("doc/benchmarks-memory.svg", draw(results, "Resident memory when idle, KiB", memory, memory_text)),
    ]
}

/// Draws a bar for each init and a line for the floor, on a logarithmic axis.
fn draw(
    results: &Results,
    title: &str,
    value: impl Fn(usize) -> i64,
    show: impl Fn(usize) -> String,
) -> String {
    let inits: Vec<_> = (RINIT..results.names.len()).collect();
    let floor = value(FLOOR) as f64;
    let most = inits.iter().map(|init| value(*init)).max().expect("rinit is measured") as f64;
    let mut svg = String::new();
    let area =
        SVGBackend::with_string(&mut svg, (WIDTH, HEAD + ROW * inits.len() as u32)).into_drawing_area();
    let text = |size: u32, anchor| ("sans-serif", size).into_font().color(&INK).pos(anchor);
    let left = Pos::new(HPos::Left, VPos::Center);
    let right = Pos::new(HPos::Right, VPos::Center);

    let result = (|| -> Result<(), Box<dyn std::error::Error>> {
        area.fill(&WHITE)?;
        area.draw(&Text::new(format!("{title} (logarithmic)"), (16, 20), text(18, left)))?;
        let axes = ((floor / 2.0..most).log_scale(), inits.len() as f64..0.0);
        let mut chart = ChartBuilder::on(&area);
        chart.margin_top(HEAD - 12).margin_bottom(12).margin_left(120).margin_right(110);
        let chart = chart.build_cartesian_2d(axes.0, axes.1)?;
        let bars = chart.plotting_area();
        for (row, init) in inits.iter().enumerate() {
            let (top, middle, bottom) = (row as f64 + 0.15, row as f64 + 0.5, row as f64 + 0.85);
            let value = value(*init);
            let colour = if *init == RINIT { RINITS } else { PEERS };
            bars.draw(&Rectangle::new([(floor / 2.0, top), (value as f64, bottom)], colour.filled()))?;
            let name = EmptyElement::at((floor / 2.0, middle))
                + Text::new(results.names[*init].clone(), (-8, 0), text(15, right));
            bars.draw(&name)?;
            let label =
                EmptyElement::at((value as f64, middle)) + Text::new(show(*init), (8, 0), text(15, left));
            bars.draw(&label)?;
        }
        bars.draw(&PathElement::new([(floor, -0.1), (floor, inits.len() as f64)], INK.stroke_width(2)))?;
        let label = format!("floor {}", show(FLOOR));
        bars.draw(&(EmptyElement::at((floor, 0.0)) + Text::new(label, (0, -12), text(14, left))))?;
        area.present()?;
        Ok(())
    })();
    result.expect("a string takes any text");
    drop(area);
    svg
}
