use riddhi_ql::{Diagnostic, Ident};

code! {
    R0208, "there is no such script language",
    "define function f[cobol] return int { return 1; };",
    @"
    error[R0208]: there is no script language `cobol`
     --> app.siddhi:2:19
      |
    2 | define function f[cobol] return int { return 1; };
      |                   ^^^^^ not known
      |
      = help: `javascript` is the usual one
    "
}

pub(crate) fn unknown_language(language: &Ident) -> Diagnostic {
    CODE.error(format!("there is no script language `{language}`"), language.span)
        .label("not known")
        .help("`javascript` is the usual one")
}
