use std::thread;

use super::{Answer, Halt, LONGEST_ANSWER, Objects, Prompt, Value};

fn objects() -> Objects {
    Objects::new([
        ("echo", Value::Flag(false)),
        ("lines", Value::Number(3)),
        ("prefix", Value::Text("> ".to_owned())),
    ])
}

fn prompt() -> Prompt {
    Prompt::new(objects(), [])
}

fn text(prompt: &mut Prompt, line: &str) -> String {
    match prompt.answer(line) {
        Answer::Text(text) => text,
        Answer::Leave => panic!("{line:?} ended the session"),
    }
}

#[test]
fn expressions_are_evaluated_and_variables_stay() {
    let mut prompt = prompt();
    assert_eq!(text(&mut prompt, "3 + 4"), "7\n");
    assert_eq!(text(&mut prompt, "let x = 6 * 7"), "");
    assert_eq!(text(&mut prompt, "x"), "42\n");
    assert_eq!(text(&mut prompt, "\"a\" + \"b\""), "\"ab\"\n");
    assert_eq!(text(&mut prompt, "print(x); [1, 2].len()"), "42\n2\n");
    assert_eq!(text(&mut prompt, ""), "");
}

#[test]
fn a_variable_can_be_made_anew_as_often_as_one_likes() {
    let mut prompt = prompt();
    assert_eq!(text(&mut prompt, "let kept = 1"), "");
    for x in 0..200 {
        assert_eq!(
            text(&mut prompt, &format!("let x = {x}; x")),
            format!("{x}\n")
        );
    }
    assert_eq!(text(&mut prompt, "kept + app.lines"), "4\n");
}

#[test]
fn objects_are_read_and_set_by_commands_and_expressions() {
    let objects = objects();
    let mut prompt = Prompt::new(objects.clone(), []);
    let listed = "echo = false\nlines = 3\nprefix = \"> \"\n";
    assert_eq!(text(&mut prompt, "list"), listed);
    assert_eq!(text(&mut prompt, " get lines "), "3\n");
    assert_eq!(text(&mut prompt, "set lines 2 * app.lines"), "");
    assert_eq!(objects.get("lines"), Ok(Value::Number(6)));
    assert_eq!(text(&mut prompt, "app.lines += 1; app.prefix = \"% \""), "");
    assert_eq!(objects.get("lines"), Ok(Value::Number(7)));
    assert_eq!(objects.get("prefix"), Ok(Value::Text("% ".to_owned())));
    assert_eq!(text(&mut prompt, "app[\"echo\"] = app.lines > 5"), "");
    assert_eq!(objects.get("echo"), Ok(Value::Flag(true)));
    let names = "[\"echo\", \"lines\", \"prefix\"]\n";
    assert_eq!(text(&mut prompt, "app.names()"), names);
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let objects = objects();
    let mut prompt = Prompt::new(objects.clone(), []);
    for (line, message) in [
        ("get words", "the program has no object \"words\""),
        ("app.words", "the program has no object \"words\""),
        ("set words 1", "the program has no object \"words\""),
        ("set lines \"many\"", "that object is a whole number"),
        ("app.lines = true", "that object is a whole number"),
        (
            "set lines [1]",
            "no object can be a value of the type array",
        ),
        ("set lines unknown", "unknown"),
        ("1 +", "error: "),
        ("sleep(1)", "Function not found"),
        ("eval(\"1\")", "eval"),
    ] {
        let answer = text(&mut prompt, line);
        assert!(answer.contains(message), "{line}: {answer}");
    }
    assert_eq!(objects.get("lines"), Ok(Value::Number(3)));
}

#[test]
fn leaving_is_an_answer() {
    for line in ["quit", "exit", "  quit  "] {
        assert_eq!(prompt().answer(line), Answer::Leave);
    }
}

#[test]
fn a_line_that_begins_like_a_command_may_be_an_expression() {
    let mut prompt = prompt();
    assert_eq!(text(&mut prompt, "let list = 5; list + 0"), "5\n");
    assert_eq!(text(&mut prompt, "list + 1"), "6\n");
    assert_eq!(text(&mut prompt, "let set = 1"), "");
    assert_eq!(text(&mut prompt, "set + 1"), "2\n");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let mut prompt = prompt();
    let shown = text(&mut prompt, "print(\"a\\x1b[2Jb\\r\\tc\")");
    assert_eq!(shown, "a\\u{1b}[2Jb\\r\\tc\n");
}

#[test]
fn a_long_answer_is_cut() {
    let mut prompt = prompt();
    let shown = text(&mut prompt, "for i in 0..4000 { print(\"0123456789\") }");
    assert!(shown.ends_with("\n(and more)\n"), "{}", shown.len());
    assert!(shown.len() < LONGEST_ANSWER + 20);
    assert_eq!(text(&mut prompt, "1"), "1\n");
}

#[test]
fn what_needs_too_much_is_refused() {
    let mut prompt = prompt();
    for line in [
        "fn f(x) { f(x + 1) } f(0)",
        "let s = \"x\"; loop { s += s; }",
        "let a = [1]; loop { a += a; }",
        "let t = \"\"; t.pad(1000000000, \"x\"); t",
        "let b = []; b.pad(1000000000, 0); b",
    ] {
        let answer = text(&mut prompt, line);
        assert!(answer.starts_with("error: "), "{line}: {answer}");
    }
    let deep = format!("{}1{}", "(".repeat(300), ")".repeat(300));
    let answer = text(&mut prompt, &deep);
    assert!(answer.starts_with("error: "), "{answer}");
}

#[test]
fn an_endless_evaluation_can_be_halted_from_another_thread() {
    let (halt, other) = (Halt::default(), Halt::default());
    let mut prompt = Prompt::new(objects(), [other, halt.clone()]);
    let answers = thread::scope(|scope| {
        let evaluating = scope.spawn(|| {
            let answer = prompt.answer("app.lines = 4; loop { }");
            (answer, prompt)
        });
        halt.request();
        evaluating.join().expect("the prompt does not panic")
    });
    let (answer, mut prompt) = answers;
    assert_eq!(answer, Answer::Text("interrupted\n".to_owned()));
    halt.withdraw();
    assert_eq!(text(&mut prompt, "1"), "1\n");
}
