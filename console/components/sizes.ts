/** Bytes as people read them: "512 B", "1.4 MB". Decimal, as disks are sold. Pure. */
const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}
