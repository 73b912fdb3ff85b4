/** The recent course of a value in the width of a cell; shape only, no scale. */
const WIDTH = 84;
const HEIGHT = 18;

interface SparklineProps {
  readonly values: readonly (number | null)[];
  readonly label: string;
}

export function Sparkline({ values, label }: SparklineProps) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  return (
    <svg className="tg-spark" width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      {pathsOf(values, Math.min(...known), Math.max(...known)).map((points) => (
        <polyline key={points} points={points} />
      ))}
    </svg>
  );
}

/** One line for each stretch without a hole. */
function pathsOf(values: readonly (number | null)[], min: number, max: number): string[] {
  const stepX = WIDTH / Math.max(1, values.length - 1);
  const place = (value: number) =>
    max === min ? HEIGHT / 2 : HEIGHT - 2 - ((value - min) / (max - min)) * (HEIGHT - 4);
  const paths: string[] = [];
  let points: string[] = [];
  values.forEach((value, n) => {
    if (value !== null) points.push(`${(n * stepX).toFixed(1)},${place(value).toFixed(1)}`);
    if ((value === null || n === values.length - 1) && points.length > 1) {
      paths.push(points.join(" "));
    }
    if (value === null) points = [];
  });
  return paths;
}
