/** Bars of rates with their numbers, as an SVG that stands alone. */

const [LEFT, WIDTH, BAR, GAP, TOP] = [270, 820, 22, 12, 56]

export function plot(title, bars) {
  const most = Math.max(...bars.map(({ rate }) => rate))
  const scale = (WIDTH - LEFT - 170) / most
  const rows = bars.map(({ name, rate, ratio }, k) => {
    const y = TOP + k * (BAR + GAP)
    const width = (rate * scale).toFixed(1)
    const colour = k === 0 ? '#9aa4b1' : '#2f6fde'
    const middle = y + BAR * 0.7
    return [
      `<text x="${LEFT - 12}" y="${middle}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="3" fill="${colour}"/>`,
      `<text x="${LEFT + Number(width) + 8}" y="${middle}">${rate.toFixed(2)} (${ratio.toFixed(2)} x)</text>`,
    ].join('\n')
  })
  const height = TOP + bars.length * (BAR + GAP) + 12
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="16" y="28" font-size="14" font-weight="600">${escaped(title)}</text>
${rows.join('\n')}
</svg>
`
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
