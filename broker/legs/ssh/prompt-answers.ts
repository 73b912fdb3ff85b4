/**
 * What an asset asks for before it lets in (keyboard-interactive, RFC 4256), answered from its
 * credential: the user's name where a name is asked for, the password once. Who asks for more (a
 * code, a new password) gets nothing, and never the password where it would be seen or kept.
 */
import type { Credential } from "../../plant/credential.ts";

type Known = Pick<Extract<Credential, { readonly kind: "password" }>, "user" | "password">;

export interface Prompt {
  readonly prompt: string;
  /** What is typed is shown. */
  readonly echo?: boolean;
}

export type Answers =
  | { readonly kind: "answers"; readonly answers: readonly string[] }
  | { readonly kind: "unknown"; readonly asks: string };

const ASKS_PASSWORD = /password/i;
/** Another than the one that is known. */
const ASKS_NEW = /\bnew\b/i;
const ASKS_NAME = /user|login|name/i;
/** Of a stranger's words, in a sentence. */
const ASKS_MAX = 60;

export class PromptAnswers {
  private readonly known: Known;
  private given = false;

  constructor(known: Known) {
    this.known = known;
  }

  /** It has the password already, and asks for more. */
  hasPassword(): void {
    this.given = true;
  }

  to(prompts: readonly Prompt[]): Answers {
    const answers: string[] = [];
    for (const prompt of prompts) {
      const answer = this.answer(prompt);
      if (answer === undefined) return { kind: "unknown", asks: plain(prompt.prompt) };
      answers.push(answer);
    }
    return { kind: "answers", answers };
  }

  private answer({ prompt, echo = false }: Prompt): string | undefined {
    if (!echo || ASKS_PASSWORD.test(prompt)) {
      if (this.given || ASKS_NEW.test(prompt)) return undefined;
      this.given = true;
      return this.known.password;
    }
    return ASKS_NAME.test(prompt) ? this.known.user : undefined;
  }
}

function plain(text: string): string {
  return text
    .slice(0, ASKS_MAX)
    .replace(/[^\x20-\x7e]/g, "?")
    .trim();
}
