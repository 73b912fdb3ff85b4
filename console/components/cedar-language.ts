/** The words of a Cedar policy, told apart for the eye; whether it is valid the broker says. */
import { StreamLanguage, type StringStream } from "@codemirror/language";

const KEYWORDS =
  /^(permit|forbid|when|unless|if|then|else|in|has|like|is|true|false|principal|action|resource|context)$/;

export const cedar = StreamLanguage.define({
  name: "cedar",
  languageData: { commentTokens: { line: "//" } },
  token: kindOfNext,
});

/** Moves past one token. @returns the name of its tag, or null for what looks like plain text */
export function kindOfNext(stream: StringStream): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match("//")) {
    stream.skipToEnd();
    return "comment";
  }
  // To the end of its line: nobody writes longer ones, and an open quote must not colour all below.
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
  if (stream.match(/^@\w+/)) return "meta";
  const word = stream.match(/^\w+/);
  if (!Array.isArray(word)) {
    stream.next();
    return null;
  }
  return KEYWORDS.test(word[0]) ? "keyword" : null;
}
