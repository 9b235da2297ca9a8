//! Lays out a table of text.

use core::fmt;

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
    #[should_panic(expected = "one cell for each heading")]
    fn a_short_row_is_refused() {
        Table::new(&["name", "p50"]).row(vec!["a".into()]);
    }
}
