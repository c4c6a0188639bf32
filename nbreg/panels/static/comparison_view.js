// The curves of several runs over each other, with zoom and read-out.

// Returns {root, setRuns, refresh, remove}.
function comparisonView({ loss, spoken }) {
  const chart = new ComparisonChart(make("canvas"));
  const lines = (epoch) => {
    const at = Math.max(1, Math.min(chart.whole[1], Math.round(epoch)));
    const told = chart.runs.filter(({ rows }) => rows.reaches(at))
      .map(({ name, rows, place }) => [name, figure(rows.get(rows.nearest(at), chart.columnsOf(rows)[0])), place]);
    return { epoch: at, title: `Epoch ${whole(at)}`, lines: told };
  };
  const words = () => `Learning curves of ${chart.runs.length} runs: ${chart.runs.map(({ name }) => name).join(", ")}.`;
  const pane = chartPane(chart, { caption: loss, empty: "Select runs to see their curves", spoken, lines, words });
  return {
    root: pane.node, chart,
    // [{name, numbers, start, place}]
    setRuns(runs) {
      chart.runs = runs.map(({ name, numbers, start, place }) => ({ name, place, rows: new Rows(numbers, start) }));
      pane.show();
    },
    refresh: () => chart.refresh(),
    remove: () => pane.remove(),
  };
}
