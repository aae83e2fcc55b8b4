/** What the page does: seek where a link says, follow the film that plays, keys. Plain JavaScript, as browsers run it. */

/** Content of the page's only <script>. */
export const SCRIPT = `
'use strict';
const video = document.querySelector('video');
const absent = document.querySelector('.absent');
const film = document.querySelector('.film svg');
const head = document.querySelector('.head i');
const shots = [...document.querySelectorAll('.shot')];
const duration = Number(document.body.dataset.duration);
// Rounded times may lie just before the frame that they are meant for.
const INSIDE = 0.001;
// Links within a drawing have no href that is a string.
const timeOf = (link) => Number(link.getAttribute('href').slice(3));
const starts = shots.map(timeOf);
let now = 0;
let current;

function show(time) {
  now = time;
  head.style.left = Math.min(100, (time / duration) * 100) + '%';
  const shot = shots[starts.findLastIndex((start) => start <= time + INSIDE)];
  if (shot === current) return;
  if (current) current.removeAttribute('aria-current');
  current = shot;
  if (current) current.setAttribute('aria-current', 'true');
}

function seek(time) {
  if (!(time >= 0 && time <= duration)) return;
  if (video.readyState > 0) video.currentTime = time + INSIDE;
  show(time);
}

const seekToHash = () => /^#t=[0-9.]+$/.test(location.hash) && seek(Number(location.hash.slice(3)));

document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="#t="]');
  if (link) {
    event.preventDefault();
    history.replaceState(null, '', link.getAttribute('href'));
    seek(timeOf(link));
  } else if (film.contains(event.target)) {
    const {left, width} = film.getBoundingClientRect();
    seek(((event.clientX - left) / width) * duration);
  }
});

function step(by) {
  const at = shots.indexOf(current) + by;
  if (!shots[at]) return;
  shots[at].focus();
  seek(starts[at]);
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, video')) return;
  const isOnShot = shots.includes(event.target);
  const key = event.key;
  if (key === 'n' || (isOnShot && key === 'ArrowRight')) step(1);
  else if (key === 'p' || (isOnShot && key === 'ArrowLeft')) step(-1);
  else if (key === ' ' && !video.hidden) video.paused ? video.play() : video.pause();
  else return;
  event.preventDefault();
});

function opened() {
  absent.hidden = true;
  video.hidden = false;
  if (now > 0) seek(now);
}
function missing() {
  absent.hidden = false;
  video.hidden = true;
}
video.addEventListener('loadedmetadata', opened);
video.addEventListener('error', missing);
video.addEventListener('timeupdate', () => show(video.currentTime));
video.addEventListener('seeking', () => show(video.currentTime));
document.querySelector('input').addEventListener('change', (event) => {
  const file = event.target.files[0];
  if (file) video.src = URL.createObjectURL(file);
});
addEventListener('hashchange', seekToHash);
show(0);
seekToHash();
// It may have been there, or have failed, before anyone listened.
if (video.readyState > 0) opened();
else if (video.error) missing();
`;
