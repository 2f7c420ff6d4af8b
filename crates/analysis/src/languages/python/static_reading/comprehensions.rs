//! The evaluator's comprehensions: one value for each element of what is known, a gap for the rest.

use ruff_python_ast::{Comprehension, Expr};

use super::Gap;
use super::condition::Truth;
use super::evaluator::{Evaluator, MOST_ELEMENTS};
use super::value::{List, Table, Value};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn comprehension(
        &mut self,
        generators: &'a [Comprehension],
        element: &'a Expr,
        line: u32,
    ) -> Value<'a> {
        let mut made = List::default();
        self.generate(generators, &mut made.gaps, line, &mut |evaluator, gaps| {
            let value = evaluator.value(element);
            let mut one = List::default();
            one.push(value, line);
            gaps.append(&mut one.gaps);
            one.items
        })
        .into_iter()
        .for_each(|item| made.items.push(item));
        Value::List(made)
    }

    pub(super) fn table_comprehension(
        &mut self,
        generators: &'a [Comprehension],
        key: &'a Expr,
        value: &'a Expr,
        line: u32,
    ) -> Value<'a> {
        let mut table = Table::default();
        let mut gaps = Vec::new();
        let rows = self.generate(generators, &mut gaps, line, &mut |evaluator, gaps| {
            let row = (evaluator.value(key), evaluator.value(value));
            match row {
                (Value::Text(key), value) => vec![(key, value)],
                _ => {
                    gaps.push(Self::gap(line, "a computed key"));
                    Vec::new()
                }
            }
        });
        for (key, value) in rows {
            if !self.spend(1 + table.entries.len() / 8) {
                break;
            }
            table.set(key, line, value);
        }
        table.gaps = gaps;
        Value::Table(table)
    }

    /// Makes something for each combination of the elements that the generators give.
    fn generate<T>(
        &mut self,
        generators: &'a [Comprehension],
        gaps: &mut Vec<Gap>,
        line: u32,
        make: &mut dyn FnMut(&mut Self, &mut Vec<Gap>) -> Vec<T>,
    ) -> Vec<T> {
        let Some((first, further)) = generators.split_first() else {
            return make(self, gaps);
        };
        let sequence = self.value(&first.iter);
        let Some(List {
            items,
            gaps: of_list,
        }) = self.elements(sequence, line)
        else {
            gaps.push(Self::gap(line, "elements of something computed"));
            return Vec::new();
        };
        gaps.extend(of_list);
        let mut made = Vec::new();
        for item in items {
            if made.len() >= MOST_ELEMENTS || gaps.len() > MOST_ELEMENTS || !self.spend(1) {
                break;
            }
            let is_line = matches!(*item.value, Value::FileLine(_));
            if item.test.is_some() {
                gaps.push(Self::gap(
                    item.line,
                    "an element that depends on the machine",
                ));
                continue;
            }
            self.assign(&first.target, Value::clone(&item.value));
            let truths: Vec<Truth> = first.ifs.iter().map(|test| self.truth(test)).collect();
            match Truth::join(truths, true) {
                Truth::Known(false) => continue,
                Truth::Known(true) => {}
                Truth::When(_) | Truth::Unknown if is_line => {}
                Truth::When(_) | Truth::Unknown => {
                    gaps.push(Self::gap(
                        item.line,
                        "an element under a computed condition",
                    ));
                    continue;
                }
            }
            made.extend(self.generate(further, gaps, line, make));
        }
        made
    }
}
