/**
 * Chromium that was started without a language of the person's (`LANG=C`, on machines that show one thing)
 * calls it `en-US@posix`, which its own formats refuse. uPlot asks for it as it is loaded, and would take
 * every page that draws a curve with it.
 */

const OF_THE_CONSOLE = "en-US";

/** Where what a browser says is no language tag (BCP 47), it says the console's own from now on. */
export function speakKnownLanguage(browser: { readonly language: string }): void {
  if (isKnown(browser.language)) return;
  Object.defineProperty(browser, "language", { value: OF_THE_CONSOLE, configurable: true });
}

function isKnown(language: string): boolean {
  try {
    return Intl.getCanonicalLocales(language).length > 0;
  } catch {
    return false;
  }
}
