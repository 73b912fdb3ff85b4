/** Rows as a file for a spreadsheet (RFC 4180). */

export type CsvCell = string | number | null;

export function csvRows(rows: readonly (readonly CsvCell[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(value: CsvCell): string {
  const text = value === null ? "" : String(value);
  // A name that begins like a formula is text for who opens it in a spreadsheet.
  const plain = /^[=+\-@\t\r]/.test(text) && typeof value === "string" ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
