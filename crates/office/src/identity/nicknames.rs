/// Whether one is the other's short form, or both are short for one name.
pub(super) fn are_of_one_name(one: &str, other: &str) -> bool {
    FORMS.iter().any(|forms| {
        let has = |name: &str| forms.split(' ').any(|form| form == name);
        has(one) && has(other)
    })
}

/// English first names with their common short forms, one name a row. A form may stand in several rows ("pat"), which
/// does not make "patrick" and "patricia" one name.
const FORMS: &[&str] = &[
    "abigail abby gail",
    "albert al bert",
    "alexander alex al sandy xander",
    "alexandra alex sandra sandy lexi",
    "alfred al fred freddie",
    "amanda mandy",
    "andrew andy drew",
    "anne ann anna annie nan nancy",
    "anthony tony",
    "barbara barb barbie babs",
    "benjamin ben benny",
    "beverly bev",
    "bradley brad",
    "carolyn carol carrie",
    "catherine katherine kathryn cathy kathy kate katie kat kay kitty",
    "charles charlie chuck chas",
    "christina christine chris chrissy tina",
    "christopher chris topher",
    "cynthia cindy",
    "daniel dan danny",
    "danielle dani",
    "david dave davey",
    "deborah debra deb debbie",
    "donald don donnie",
    "dorothy dot dottie",
    "douglas doug",
    "edward ed eddie ted ned",
    "eleanor ellie nell nora",
    "elizabeth liz lizzie beth betty betsy eliza libby lisa",
    "emily em emmy",
    "eugene gene",
    "evelyn eve evie",
    "frances fran frannie",
    "francis frank fran",
    "frederick fred freddie",
    "gabriel gabe",
    "gerald gerry jerry",
    "gregory greg",
    "harold hal harry",
    "henry hank harry",
    "isabella bella izzy",
    "jacob jake",
    "jacqueline jackie",
    "james jim jimmy jamie",
    "janet jan",
    "jeffrey geoffrey jeff geoff",
    "jennifer jen jenn jenny",
    "jessica jess jessie",
    "john johnny jack jon",
    "jonathan jon jonny nathan",
    "joseph joe joey",
    "joshua josh",
    "judith judy",
    "julia julie jules",
    "katelyn kate katie",
    "kenneth ken kenny",
    "kimberly kim",
    "lawrence larry laurence",
    "leonard len lenny leo",
    "leigh lee",
    "louis lou louie",
    "margaret maggie meg peggy marge margie greta rita",
    "martha marty",
    "martin marty",
    "matthew matt",
    "maxwell max",
    "michael mike mikey mick",
    "michelle shelly",
    "nathaniel nathan nate",
    "nicholas nick nicky",
    "nicole nicky nikki",
    "olivia liv livvy",
    "pamela pam",
    "patricia pat patty tricia trish",
    "patrick pat paddy",
    "peter pete",
    "philip phillip phil",
    "raymond ray",
    "rebecca becky becca",
    "richard rick ricky rich dick richie",
    "robert rob robbie bob bobby bert",
    "ronald ron ronnie",
    "russell russ",
    "samantha sam sammy",
    "samuel sam sammy",
    "sean shawn shaun",
    "stanley stan",
    "stephanie steph",
    "stephen steven steve",
    "susan sue susie suzanne suzy",
    "teresa theresa terry tess",
    "terrence terry",
    "theodore ted teddy theo",
    "thomas tom tommy",
    "timothy tim timmy",
    "tobias toby",
    "valerie val",
    "victoria vicky tori",
    "vincent vince vinny",
    "walter walt wally",
    "william will bill billy willie liam",
    "zachary zach zack",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_form_is_of_its_name_but_does_not_join_two() {
        assert!(are_of_one_name("bob", "robert"));
        assert!(are_of_one_name("rob", "bobby"));
        assert!(are_of_one_name("pat", "patrick") && are_of_one_name("pat", "patricia"));
        assert!(!are_of_one_name("patrick", "patricia"));
        assert!(!are_of_one_name("wolfgang", "wolf"), "unknown");
    }

    #[test]
    fn the_table_is_written_as_names_are_compared() {
        for forms in FORMS {
            assert!(forms.bytes().all(|b| b.is_ascii_lowercase() || b == b' '), "{forms}");
            assert!(forms.split(' ').count() > 1 && forms.split(' ').all(|f| !f.is_empty()), "{forms}");
        }
    }
}
