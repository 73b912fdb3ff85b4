/** Files of a device over SFTP, kept in memory. */
import ssh2, { type Attributes, type FileEntry, type SFTPWrapper } from "ssh2";

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
/** A device has little room: a file of more than this does not fit. */
const FILE_BYTES_MAX = 32 * 1024 * 1024;
/** Room that a file grows into, so that not each write copies all that came before it. */
const roomy = new WeakSet<ArrayBufferLike>();
const FOLDER_MODE = 0o040755;
const FILE_MODE = 0o100644;

interface Opened {
  readonly path: string;
  /** Of a folder: what is still to be told. */
  entries?: FileEntry[] | undefined;
}

export function serveFiles(sftp: SFTPWrapper, files: Map<string, Buffer>): void {
  const opened = new Map<number, Opened>();
  let last = 0;
  const handleFor = (one: Opened): Buffer => {
    const handle = Buffer.alloc(4);
    opened.set(++last, one);
    handle.writeUInt32BE(last);
    return handle;
  };
  const of = (handle: Buffer) => opened.get(handle.length === 4 ? handle.readUInt32BE(0) : 0);
  const status = (id: number, code: number) => sftp.status(id, code);

  // A client that is done says so, and waits for the same.
  sftp.on("end", () => sftp.end());
  sftp.on("REALPATH", (id, path) => {
    const whole = absolute(path);
    sftp.name(id, [entryOf(whole, attributesOf(files, whole) ?? folderAttributes())]);
  });
  for (const kind of ["STAT", "LSTAT"] as const) {
    sftp.on(kind, (id: number, path: string) => {
      const attributes = attributesOf(files, absolute(path));
      if (attributes) sftp.attrs(id, attributes);
      else status(id, STATUS_CODE.NO_SUCH_FILE);
    });
  }
  sftp.on("FSTAT", (id, handle) => {
    const attributes = attributesOf(files, of(handle)?.path ?? "");
    if (attributes) sftp.attrs(id, attributes);
    else status(id, STATUS_CODE.FAILURE);
  });
  serveFolders(sftp, files, handleFor, of);
  serveContent(sftp, files, handleFor, of);
  sftp.on("CLOSE", (id, handle) => {
    if (handle.length === 4) opened.delete(handle.readUInt32BE(0));
    sftp.status(id, STATUS_CODE.OK);
  });
  serveNames(sftp, files);
}

type HandleFor = (one: Opened) => Buffer;
type OpenedOf = (handle: Buffer) => Opened | undefined;

function serveFolders(
  sftp: SFTPWrapper,
  files: ReadonlyMap<string, Buffer>,
  handleFor: HandleFor,
  of: OpenedOf,
): void {
  const status = (id: number, code: number) => sftp.status(id, code);
  sftp.on("OPENDIR", (id, path) => {
    const whole = absolute(path);
    if (!isFolder(files, whole)) return status(id, STATUS_CODE.NO_SUCH_FILE);
    sftp.handle(id, handleFor({ path: whole, entries: entriesIn(files, whole) }));
  });
  sftp.on("READDIR", (id, handle) => {
    const folder = of(handle);
    if (!folder?.entries) return status(id, STATUS_CODE.EOF);
    sftp.name(id, folder.entries);
    folder.entries = undefined;
  });
}

function serveContent(
  sftp: SFTPWrapper,
  files: Map<string, Buffer>,
  handleFor: HandleFor,
  of: OpenedOf,
): void {
  const status = (id: number, code: number) => sftp.status(id, code);
  sftp.on("OPEN", (id, path, flags) => {
    const whole = absolute(path);
    const writes = (flags & OPEN_MODE.WRITE) !== 0;
    // scp writes over what is there and cuts it at its end: neither emptied nor to be new.
    if (isFolder(files, whole) || (flags & (OPEN_MODE.READ | OPEN_MODE.WRITE)) === 0) {
      return status(id, STATUS_CODE.FAILURE);
    }
    if (!files.has(whole) && !writes) return status(id, STATUS_CODE.NO_SUCH_FILE);
    if (writes && (!files.has(whole) || (flags & OPEN_MODE.TRUNC) !== 0)) {
      files.set(whole, Buffer.alloc(0));
    }
    sftp.handle(id, handleFor({ path: whole }));
  });
  sftp.on("READ", (id, handle, offset, length) => {
    const content = files.get(of(handle)?.path ?? "");
    if (!content || offset >= content.length) return status(id, STATUS_CODE.EOF);
    sftp.data(id, content.subarray(offset, offset + length));
  });
  sftp.on("WRITE", (id, handle, offset, data) => {
    const path = of(handle)?.path ?? "";
    const content = files.get(path);
    const end = offset + data.length;
    if (!content || end > FILE_BYTES_MAX) return status(id, STATUS_CODE.FAILURE);
    const grown = withLength(content, Math.max(content.length, end));
    data.copy(grown, offset);
    files.set(path, grown);
    status(id, STATUS_CODE.OK);
  });
  sftp.on("FSETSTAT", (id, handle, { size }) => {
    const path = of(handle)?.path ?? "";
    const content = files.get(path);
    if (!content || size > FILE_BYTES_MAX) return status(id, STATUS_CODE.FAILURE);
    // A client that speaks of rights or times alone says no size.
    if (size !== undefined) files.set(path, withLength(content, size));
    status(id, STATUS_CODE.OK);
  });
}

/** Shorter, or longer by zeros. */
function withLength(content: Buffer, length: number): Buffer {
  const { buffer, byteOffset } = content;
  if (length === content.length) return content;
  if (length < content.length) return Buffer.copyBytesFrom(content, 0, length);
  if (roomy.has(buffer) && byteOffset + length <= buffer.byteLength) {
    return Buffer.from(buffer, byteOffset, length);
  }
  const room = Buffer.alloc(Math.max(length, 2 * content.length));
  roomy.add(room.buffer);
  content.copy(room);
  return room.subarray(0, length);
}

function serveNames(sftp: SFTPWrapper, files: Map<string, Buffer>): void {
  const status = (id: number, code: number) => sftp.status(id, code);
  sftp.on("REMOVE", (id, path) => {
    status(id, files.delete(absolute(path)) ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE);
  });
  sftp.on("RENAME", (id, from, to) => {
    const content = files.get(absolute(from));
    if (!content) return status(id, STATUS_CODE.NO_SUCH_FILE);
    files.delete(absolute(from));
    files.set(absolute(to), content);
    status(id, STATUS_CODE.OK);
  });
  for (const kind of ["SETSTAT", "MKDIR"] as const) {
    sftp.on(kind, (id: number) => status(id, STATUS_CODE.OK));
  }
}

function absolute(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

function isFolder(files: ReadonlyMap<string, Buffer>, path: string): boolean {
  const inside = path === "/" ? "/" : `${path}/`;
  return path === "/" || [...files.keys()].some((file) => file.startsWith(inside));
}

function attributesOf(files: ReadonlyMap<string, Buffer>, path: string): Attributes | undefined {
  const content = files.get(path);
  if (content) return { ...folderAttributes(), mode: FILE_MODE, size: content.length };
  return isFolder(files, path) ? folderAttributes() : undefined;
}

function folderAttributes(): Attributes {
  return { mode: FOLDER_MODE, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };
}

function entriesIn(files: ReadonlyMap<string, Buffer>, folder: string): FileEntry[] {
  const inside = folder === "/" ? "/" : `${folder}/`;
  const names = new Set(
    [...files.keys()]
      .filter((file) => file.startsWith(inside))
      .map((file) => file.slice(inside.length).split("/")[0] ?? ""),
  );
  return [...names].map((name) =>
    entryOf(name, attributesOf(files, `${inside}${name}`) ?? folderAttributes()),
  );
}

function entryOf(filename: string, attrs: Attributes): FileEntry {
  const kind = attrs.mode === FOLDER_MODE ? "drwxr-xr-x" : "-rw-r--r--";
  return { filename, longname: `${kind} 1 op op ${attrs.size} Jan 1 00:00 ${filename}`, attrs };
}
