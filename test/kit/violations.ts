/** What axe holds against a page, asked when the page is at rest. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";

/** Rules of these tags alone; all of axe's where it is left out. */
export interface Asked {
  readonly tags?: readonly string[];
}

/**
 * @returns a line for each rule that is broken: its name and the first element. Live pages are
 * drawn anew while axe reads them, so what it finds is asked a second time and must be there still.
 */
export async function violations(page: Page, asked: Asked = {}): Promise<readonly string[]> {
  const first = await askedAtRest(page, asked);
  return first.length === 0 ? first : askedAtRest(page, asked);
}

async function askedAtRest(page: Page, { tags }: Asked): Promise<readonly string[]> {
  await atRest(page);
  const axe = new AxeBuilder({ page });
  const found = await (tags ? axe.withTags([...tags]) : axe).analyze();
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

/** The colours are those of the scheme that was asked for, fonts are there, nothing moves. */
async function atRest(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const scheme = document.documentElement.dataset.mantineColorScheme;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const chosen = localStorage.getItem("sallyport.colour-scheme");
    const wanted = chosen === "dark" || chosen === "light" ? chosen : system;
    const moves = document.getAnimations().some(({ playState, effect }) => {
      const { iterations } = effect?.getComputedTiming() ?? {};
      return playState === "running" && iterations !== Number.POSITIVE_INFINITY;
    });
    return (scheme ?? wanted) === wanted && document.fonts.status === "loaded" && !moves;
  });
}
