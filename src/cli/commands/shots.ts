/** `tfjs-sts shots FILM`: where the shots of a film begin and end. Parses, has the film analysed, and prints. */
import type {Timeline} from '../../video/timeline';
import type {Command} from '../command';
import {parseCommand} from '../input/arguments';
import {COMPUTE_HELP, type FilmTools, realTools} from '../input/film';
import {isForProgram, OUTPUT_HELP} from '../output/timeline_output';
import {
  analyzeFilm,
  FILM_HELP,
  FILM_OPTIONS,
  type FilmChoice,
  filmChoice,
  filmCommand,
  THRESHOLD_HELP,
} from './film_command';

const HELP = `Finds the shots of a film: where each begins and ends, and whether it begins with a cut or a gradual transition.

usage: tfjs-sts shots FILM [options]

${FILM_HELP}
options:
${OUTPUT_HELP}${THRESHOLD_HELP}${COMPUTE_HELP}
The JSON is {video, frameRate, frames, shots: [{startFrame, endFrame, start, end, confidence, transition}]}: frames from
0, both ends included; seconds from the start of the video, by the times at which its frames are shown.
`;

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): FilmChoice | undefined {
  const {values, positionals} = parseCommand('shots', args, FILM_OPTIONS);
  return values.help ? undefined : filmChoice('shots', positionals, values);
}

/** The JSON that HELP promises. */
function shotsJson({video, shots}: Timeline, film: string): string {
  // To the microsecond: sums of ticks have more digits, which say nothing.
  const seconds = (value: number) => Number(value.toFixed(6));
  const lines = shots.map(({startFrame, endFrame, start, end, confidence, transition}) => {
    const times = {start: seconds(start), end: seconds(end)};
    return JSON.stringify({startFrame, endFrame, ...times, confidence: seconds(confidence), transition});
  });
  const {frameRate, frames} = video;
  const facts = JSON.stringify({video: film, frameRate, frames}).slice(0, -1);
  return `${facts},"shots":[\n${lines.map((line) => `  ${line}`).join(',\n')}\n]}\n`;
}

/**
 * The command `shots`.
 *
 * @param tools default: the zoo, ffmpeg and the real backends.
 */
export function shotsCommand(tools: FilmTools = realTools): Command {
  return filmCommand(
    {
      summary: 'find the shots of a film',
      help: HELP,
      parse,
      isForProgram: ({output}) => isForProgram(output),
      run: (choice, running) => {
        const {film} = choice;
        const work = {
          doing: `looking for shots in ${film}`,
          json: (timeline: Timeline) => shotsJson(timeline, film),
        };
        return analyzeFilm(choice, work, running);
      },
    },
    tools,
  );
}
