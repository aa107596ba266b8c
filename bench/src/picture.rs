//! Draws the cost of a page against its size.

use std::error::Error;
use std::path::Path;

use plotters::prelude::*;

use crate::measure::Cost;

/// Draws the CPU time of each subject against the number of items in a page.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn draw(path: &Path, title: &str, pages: &[(usize, Vec<Cost>)]) -> Result<(), Box<dyn Error>> {
    let root = SVGBackend::new(path, (760, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let most = pages.iter().flat_map(|(_, costs)| costs).map(|cost| cost.micros).fold(0.0, f64::max);
    let items = pages.iter().map(|(items, _)| *items as f64).fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 20))
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d((1.0..items).log_scale(), (20.0..most * 1.2).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("items in the page")
        .y_desc("µs of CPU time")
        .x_label_formatter(&|items| format!("{items:.0}"))
        .y_label_formatter(&|micros| format!("{micros:.0}"))
        .draw()?;
    let names: Vec<&str> = pages.first().into_iter().flat_map(|(_, costs)| costs).map(|cost| cost.name).collect();
    for (number, name) in names.into_iter().enumerate() {
        let color = [BLUE, BLACK, RED, MAGENTA][number % 4];
        let points = pages.iter().filter_map(|(items, costs)| Some((*items as f64, costs.get(number)?.micros)));
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    root.present()?;
    Ok(())
}
