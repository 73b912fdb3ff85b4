/** What `sallyport start` and `npm start` say of themselves. */

/** For below the options. */
export const START_SETTINGS = `
Settings are variables of the environment, or a file that SALLYPORT_CONFIG names:
  SALLYPORT_PORT=9000 SALLYPORT_DATA=/srv/sallyport npm start
\`npx sallyport config\` lists them all; deploy/README.md says what a site needs.
`;

/** Where `npm start` was given words: it has none, and a port that is not heeded misleads. */
export function startTold(words: readonly string[]): { code: number; text: string } | undefined {
  const [first] = words;
  if (first === undefined) return undefined;
  if (first === "--help" || first === "-h") {
    return {
      code: 0,
      text: `Usage: npm start\n\nstart the broker; Ctrl-C stops it\n${START_SETTINGS}`,
    };
  }
  return { code: 2, text: `sallyport: npm start takes no '${first}'\n${START_SETTINGS}` };
}
