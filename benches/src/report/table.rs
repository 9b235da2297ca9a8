//! Lays out a table of text.

use core::fmt;

/// Figures that make one table of a report.
pub trait Tabled {
    /// Returns what the figures are, in one line.
    fn caption(&self) -> String;

    /// Lays them out.
    fn table(&self) -> Table;
}

/// A table whose first column is flush left and whose other columns are flush right.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Makes a table that has only its headings.
    pub fn new(headings: &[&str]) -> Self {
        Self {
            rows: vec![headings.iter().copied().map(str::to_owned).collect()],
        }
    }

    /// Adds a row.
    ///
    /// # Panics
    ///
    /// Panics if the row has not one cell for each heading.
    pub fn row(&mut self, cells: Vec<String>) {
        assert_eq!(
            cells.len(),
            self.rows[0].len(),
            "a row has one cell for each heading"
        );
        self.rows.push(cells);
    }

    /// Lays the table out in the tables of Markdown.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let escaped = |row: &Vec<String>| -> Vec<String> {
            row.iter().map(|cell| cell.replace('|', "\\|")).collect()
        };
        let rules: Vec<String> = (0..self.rows[0].len())
            .map(|column| if column == 0 { "---" } else { "---:" }.to_owned())
            .collect();
        let mut rows = self.rows.iter().map(escaped);
        let mut text = String::new();
        if let Some(headings) = rows.next() {
            text.push_str(&line(&headings));
            text.push_str(&line(&rules));
        }
        for row in rows {
            text.push_str(&line(&row));
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let width_of = |column: usize| {
            self.rows
                .iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        (0..self.rows[0].len()).map(width_of).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in &self.rows {
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                match column {
                    0 => write!(f, "{cell:<width$}")?,
                    _ => write!(f, "  {cell:>width$}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(&["name", "p50 µs"]);
        table.row(vec!["a".into(), "1.25".into()]);
        table.row(vec!["longest".into(), "1234567.5".into()]);
        assert_eq!(
            table.to_string(),
            "name        p50 µs\na             1.25\nlongest  1234567.5\n"
        );
    }

    #[test]
    fn in_markdown_a_bar_in_a_cell_ends_no_cell() {
        let mut table = Table::new(&["name", "p50 µs"]);
        table.row(vec!["a|b".into(), "1.25".into()]);
        assert_eq!(
            table.markdown(),
            "| name | p50 µs |\n| --- | ---: |\n| a\\|b | 1.25 |\n"
        );
    }

    #[test]
    #[should_panic(expected = "one cell for each heading")]
    fn a_short_row_is_refused() {
        Table::new(&["name", "p50"]).row(vec!["a".into()]);
    }
}
