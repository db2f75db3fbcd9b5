import { useWidth } from '../parts/use-width.js';
import type { Place } from './places.js';

const CARD = { width: 250, height: 72 };
const SPACE = 12;
const INDENT = 26;
/** Narrower than this, the servers stand below their leader. */
const BESIDE_FROM = 600;
const WIDEST = 760;

/** The servers as a picture: who leads on one side, who follows on the other, links between. */
export function Topology({ places }: { readonly places: readonly Place[] }) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const [first, ...others] = places;
  const hasLeader = first?.isLeader === true && others.length > 0;
  const isBeside = hasLeader && width >= BESIDE_FROM;
  const drawn = Math.min(Math.max(width, 240), WIDEST);
  const indent = hasLeader && !isBeside ? INDENT : 0;
  const cardWidth = Math.min(CARD.width, drawn - indent - 2);
  const rows = isBeside ? others.length : places.length;
  const height = Math.max(rows * (CARD.height + SPACE) - SPACE, CARD.height) + 2;
  const leaderY = isBeside ? (height - CARD.height) / 2 : 1;
  const placeOf = (index: number) => {
    if (index === 0) return { x: 1, y: leaderY };
    const row = isBeside ? index - 1 : index;
    const x = isBeside ? drawn - cardWidth - 1 : 1 + indent;
    return { x, y: 1 + row * (CARD.height + SPACE) };
  };
  return (
    <div class="topology" ref={ref}>
      {width > 0 && (
        // biome-ignore lint/a11y/useSemanticElements: a group of links within a drawing
        <svg width={drawn} height={height} role="group" aria-label="Servers of the ensemble">
          {hasLeader &&
            others.map((place, index) => {
              const { x, y } = placeOf(index + 1);
              const middle = y + CARD.height / 2;
              const from = leaderY + CARD.height / 2;
              const half = (x - cardWidth) / 2;
              const path = isBeside
                ? `M${cardWidth} ${from}C${cardWidth + half} ${from} ${x - half} ${middle} ${x} ${middle}`
                : `M12 ${CARD.height}V${middle}H${x}`;
              return <path key={place.id} class={`link ${place.tone}`} d={path} />;
            })}
          {places.map((place, index) => (
            <Card key={place.id} place={place} width={cardWidth} {...placeOf(index)} />
          ))}
        </svg>
      )}
    </div>
  );
}

interface CardParts {
  readonly place: Place;
  readonly width: number;
  readonly x: number;
  readonly y: number;
}

function Card({ place, width, x, y }: CardParts) {
  const { id, role, address, link, tone, isHere, isLeader, page } = place;
  const name = id === 0 ? 'This server' : `Server ${id}`;
  const body = (
    <>
      <title>{`${name}, ${role}, ${address}: ${link}`}</title>
      <rect width={width} height={CARD.height} rx="8" />
      <circle class={`light ${tone}`} cx="16" cy="20" r="4.5" />
      <text class="card-name" x="28" y="24.5">
        {name}
      </text>
      <text class="card-role" x={width - 12} y="24" text-anchor="end">
        {isHere && role !== 'no answer' ? `${role}, here` : role}
      </text>
      <text class="card-address" x="28" y="43">
        {cut(address, (width - 40) / 7.2)}
      </text>
      <text class={`card-link ${tone}`} x="28" y="60">
        {cut(link, (width - 40) / 6.4)}
      </text>
    </>
  );
  const classes = `card ${isHere ? 'here' : ''} ${isLeader ? 'leads' : ''} ${tone}`;
  const card = (
    <g class={classes} transform={`translate(${x} ${y})`}>
      {body}
    </g>
  );
  if (page === undefined || isHere) return card;
  return (
    <a href={page} aria-label={`${name}, ${role}, ${link}: open its page`}>
      {card}
    </a>
  );
}

/** A text that has to fit; the whole of it stands in the card's title and in the table. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, Math.max(1, Math.floor(most) - 1))}…`;
}
