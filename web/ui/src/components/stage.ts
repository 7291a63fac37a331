/** The room that a paper takes on its stage. A transform alone changes no layout: of a paper that is only
 * turned, an edge would lie where nothing scrolls. */
export interface Size {
  width: number
  height: number
}

/** The box of a picture that was turned by quarters, as wide as its stage times the zoom, and the size at
 * which the picture, before it is turned, fills it. */
export function laid(natural: Size, zoom: number, quarters: number, stage: number): { box: Size; picture: Size } {
  const across = quarters % 2 !== 0
  const turned = across ? { width: natural.height, height: natural.width } : natural
  const box = { width: stage * zoom, height: (stage * zoom * turned.height) / turned.width }
  return { box, picture: across ? { width: box.height, height: box.width } : box }
}
