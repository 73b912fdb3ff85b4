/** Words of the files panel. */

const STATUS: Readonly<Record<number, string>> = {
  2: "There is no such file",
  3: "The asset does not permit it",
  4: "The asset failed while doing it",
  8: "The asset does not know how",
};

export const filesText = {
  title: "Files",
  opening: "Opening the files…",
  failed: "The files could not be reached",
  again: "Try again",
  closed: "The files were closed",
  channelEnd: (reason: string) => `The files were closed: ${reason}`,
  notStarted: "The asset offers no files (SFTP)",
  outOfStep: "What the asset answered makes no sense",
  status: (code: number, text: string) => {
    const known = STATUS[code] ?? `The asset answered with code ${code}`;
    return text === "" ? `${known}.` : `${known} ("${text}").`;
  },
  tooLarge: "A page fetches files of up to 1 GB. Use an SFTP client of your own.",
  path: "Folder",
  root: "All files",
  table: { label: "Files", name: "Name", size: "Size", modified: "Changed", acts: "Acts" },
  empty: "This folder is empty",
  emptyAdvice: "Bring a file here, or choose another folder above.",
  noList: "This folder may not be listed",
  refresh: "Look again",
  upload: "Upload",
  download: (name: string) => `Download ${name}`,
  rename: (name: string) => `Rename ${name}`,
  remove: (name: string) => `Remove ${name}`,
  notText: "Its name is no text that can be sent; use an SFTP client of your own.",
  renameTitle: (name: string) => `Rename ${name}`,
  newName: "New name",
  renameAct: "Rename",
  cancel: "Cancel",
  removeTitle: (name: string) => `Remove ${name}?`,
  removeBody: "It is removed on the asset at once and cannot be brought back from here.",
  removeAct: "Remove",
  replaceTitle: (name: string) => `Replace ${name}?`,
  replaceBody: "A file of this name is there. What is in it will be lost.",
  replaceAct: "Replace",
  transfers: "Transfers",
  uploading: (name: string) => `Upload of ${name}`,
  downloading: (name: string) => `Download of ${name}`,
  done: "Done",
  stopped: "Stopped. What was written until then is still there.",
  stop: (name: string) => `Stop ${name}`,
  dismiss: (name: string) => `Take ${name} off the list`,
  byRule: (rule: string) => `Rule: ${rule}`,
} as const;
