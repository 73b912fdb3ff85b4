import { expect, test } from "vitest";
import { speakKnownLanguage } from "./known-language.ts";

/** As in a browser: the language is its kind's, and not its own. */
function browser(language: string): { readonly language: string } {
  return Object.create({
    get language() {
      return language;
    },
  });
}

test.each(["en-US@posix", "C", ""])(
  "a browser that says %j speaks the console's language",
  (said) => {
    const own = browser(said);
    speakKnownLanguage(own);
    expect(() => new Intl.NumberFormat(own.language)).not.toThrow();
    expect(own.language).toBe("en-US");
  },
);

test("a language that is known is left as it is", () => {
  const own = browser("de-AT");
  speakKnownLanguage(own);
  expect(own.language).toBe("de-AT");
});
