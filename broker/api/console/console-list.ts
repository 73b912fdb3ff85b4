/**
 * The files of a built console by the path that asks for them: looked up in a list, never by joining
 * a path that came from outside. The list is made anew where another build took the folder's place.
 */
import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

export class ConsoleList {
  private readonly folder: string;
  private files: ReadonlyMap<string, string> = new Map();
  private listed: string | undefined;

  constructor(folder: string) {
    this.folder = folder;
    this.list();
  }

  /** @returns the file below the folder; undefined where there is none of this path */
  find(path: string): string | undefined {
    const file = this.files.get(path);
    if (file !== undefined || this.listed === this.build()) return file;
    this.list();
    return this.files.get(path);
  }

  private list(): void {
    // First the mark: a build that comes in between is seen the next time.
    this.listed = this.build();
    this.files = this.listed === undefined ? new Map() : filesIn(this.folder);
  }

  /** Which build lies there. */
  private build(): string | undefined {
    const page = statSync(join(this.folder, "index.html"), { throwIfNoEntry: false });
    return page && `${page.ino} ${page.mtimeMs}`;
  }
}

/** The page itself is not among them. */
function filesIn(folder: string): ReadonlyMap<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .filter((entry) => entry.isFile() && !/^index\.html$|\.(gz|br)$/.test(entry.name))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .map((file) => [`/${file.split(sep).join("/")}`, file]),
  );
}
