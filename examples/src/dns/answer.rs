//! Reads the answer to one question. Nothing here does I/O.

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// How many aliases are followed before they count as a loop.
pub const MAX_ALIASES: usize = 16;

/// An answer to the question that was asked.
#[derive(Clone, Debug)]
pub struct Answer {
    code: ResponseCode,
    records: Vec<Record>,
}

impl From<Message> for Answer {
    fn from(mut message: Message) -> Self {
        Self {
            code: message.response_code(),
            records: message.take_answers(),
        }
    }
}

impl Answer {
    /// Returns the response code, with its extended bits.
    pub fn code(&self) -> ResponseCode {
        self.code
    }

    /// Follows the aliases from `name`, and collects the data of type `kind` that the last name
    /// has.
    ///
    /// # Errors
    ///
    /// When more than [`MAX_ALIASES`] aliases follow one another.
    pub fn follow(&self, name: &Name, kind: RecordType) -> Result<Chain, AliasLoop> {
        let mut end = name;
        for _ in 0..=MAX_ALIASES {
            match self.alias_of(end) {
                Some(target) => end = target,
                None => {
                    return Ok(Chain {
                        end: end.clone(),
                        data: self.data_of(end, kind),
                    });
                }
            }
        }
        Err(AliasLoop)
    }

    fn alias_of(&self, name: &Name) -> Option<&Name> {
        self.records
            .iter()
            .filter(|record| record.name() == name)
            .find_map(|record| match record.data() {
                RData::CNAME(target) => Some(&target.0),
                _ => None,
            })
    }

    fn data_of(&self, name: &Name, kind: RecordType) -> Vec<RData> {
        let wanted = |record: &&Record| record.name() == name && record.record_type() == kind;
        self.records
            .iter()
            .filter(wanted)
            .map(|record| record.data().clone())
            .collect()
    }
}

/// Where the aliases in an answer lead.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The name that is no alias, as far as the answer knows.
    pub end: Name,
    /// Its data of the type that was asked for; empty when there is none, or when the server knows
    /// nothing of the name.
    pub data: Vec<RData>,
}

/// Says that aliases lead nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasLoop;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use hickory_proto::rr::rdata::{A, CNAME};

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).expect("a valid name")
    }

    fn alias(from: &str, to: &str) -> Record {
        Record::from_rdata(name(from), 60, RData::CNAME(CNAME(name(to))))
    }

    fn address(of: &str) -> Record {
        Record::from_rdata(name(of), 60, RData::A(A(Ipv4Addr::LOCALHOST)))
    }

    #[test]
    fn aliases_are_followed_to_the_data() {
        let records = vec![
            address("c.test."),
            alias("b.test.", "C.test."),
            address("x.test."),
            alias("a.test.", "b.test."),
        ];
        let answer = Answer {
            code: ResponseCode::NoError,
            records,
        };
        let chain = answer
            .follow(&name("a.test."), RecordType::A)
            .expect("no loop");
        assert_eq!((chain.end, chain.data.len()), (name("c.test."), 1));
        let chain = answer
            .follow(&name("a.test."), RecordType::AAAA)
            .expect("no loop");
        assert_eq!(chain.data, []);
    }

    #[test]
    fn aliases_in_a_circle_end_in_an_error() {
        let records = vec![alias("a.test.", "b.test."), alias("b.test.", "a.test.")];
        let answer = Answer {
            code: ResponseCode::NoError,
            records,
        };
        assert_eq!(
            answer.follow(&name("a.test."), RecordType::A).map(drop),
            Err(AliasLoop)
        );
    }

    #[test]
    fn as_many_aliases_as_allowed_are_followed() {
        let chain = |length: usize| {
            let records = (0..length)
                .map(|i| alias(&format!("n{i}.test."), &format!("n{}.test.", i + 1)))
                .collect();
            Answer {
                code: ResponseCode::NoError,
                records,
            }
            .follow(&name("n0.test."), RecordType::A)
        };
        assert_eq!(
            chain(MAX_ALIASES).map(|chain| chain.end),
            Ok(name(&format!("n{MAX_ALIASES}.test.")))
        );
        assert_eq!(chain(MAX_ALIASES + 1).map(drop), Err(AliasLoop));
    }
}
