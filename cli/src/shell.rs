//! `riddhi completions` and `riddhi man`: what shells and `man` want to know about the commands.

use clap::{Args, Command, CommandFactory, ValueEnum};
use clap_complete::Shell as Generator;

use crate::args::Cli;
use crate::exit::{Exit, Failure};
use crate::terminal::print;

/// `riddhi completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

const COMPLETIONS: &str = "Examples:\n  \
    riddhi completions bash > ~/.local/share/bash-completion/completions/riddhi\n  \
    riddhi completions zsh > ~/.zfunc/_riddhi        with ~/.zfunc in fpath\n  \
    riddhi completions fish > ~/.config/fish/completions/riddhi.fish";

/// The shells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

/// `riddhi man`.
#[derive(Debug, Args)]
#[command(after_help = MAN)]
pub struct ManArgs {
    /// The command whose page is wanted; all in one without it
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

const MAN: &str = "Examples:\n  \
    riddhi man | man -l -                            read it\n  \
    riddhi man > /usr/local/share/man/man1/riddhi.1  keep it\n  \
    riddhi man replay | man -l -                     the page of a command";

/// Prints a shell's completions.
pub fn completions(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let shell = match args.shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
    };
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "riddhi", &mut out);
    print(&String::from_utf8_lossy(&out))?;
    Ok(Exit::Done)
}

/// Prints a page in the form that `man` reads.
pub fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let mut cli = Cli::command();
    cli.build();
    let commands: Vec<Command> = cli.get_subcommands().filter(|c| c.get_name() != "help").cloned().collect();
    let pages = match &args.command {
        None => std::iter::once(cli).chain(commands).collect(),
        Some(wanted) => match commands.iter().find(|c| c.get_name() == wanted) {
            Some(command) => vec![command.clone()],
            None => {
                let names: Vec<&str> = commands.iter().map(Command::get_name).collect();
                let failure = Failure::new(Exit::Usage, format!("there is no command `{wanted}`"));
                return Err(failure.help(format!("the commands are {}", names.join(", "))));
            }
        },
    };
    let mut out = Vec::new();
    for page in pages {
        let name = page.get_bin_name().unwrap_or("riddhi").replace(' ', "-");
        let page = clap_mangen::Man::new(page).title(name);
        page.render(&mut out).map_err(|e| Failure::new(Exit::Failed, format!("cannot write the page: {e}")))?;
    }
    print(&String::from_utf8_lossy(&out))?;
    Ok(Exit::Done)
}
