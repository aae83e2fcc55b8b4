/**
 * Initializers, activations, regularizers and constraints to and from a layer's config. The host's own functions for
 * this are not exported; its registry of classes is, so the objects are looked up there, custom ones included.
 */
import {serialization, type Tensor} from '@tensorflow/tfjs-core';
import {type constraints, type initializers, layers, type regularizers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';

export type Initializer = ReturnType<typeof initializers.ones>;
export type Regularizer = ReturnType<typeof regularizers.l2>;
export type Constraint = ReturnType<typeof constraints.nonNeg>;

/** An activation: any serializable object with `apply`. The host's class `Activation` is not exported. */
export interface ActivationObject extends serialization.Serializable {
  apply(x: Tensor): Tensor;
}

/** A name such as 'glorotNormal', a config `{className, config}`, an instance, or nothing. */
export type Identifier<T> = string | serialization.ConfigDict | T | null | undefined;

/** The initializer that is meant; `fallback` names the one for a missing argument. */
export function getInitializer(
  identifier: Identifier<Initializer>,
  fallback: string,
  what: string,
): Initializer {
  return resolve<Initializer>(identifier ?? fallback, classNameOf, what);
}

/** The activation that is meant; nothing means 'linear'. */
export function getActivation(identifier: Identifier<ActivationObject>, what: string): ActivationObject {
  // Activations are registered under the very names that users write ('relu', 'hardSigmoid').
  return resolve<ActivationObject>(identifier ?? 'linear', (name) => name, what);
}

export function getRegularizer(identifier: Identifier<Regularizer>, what: string): Regularizer | undefined {
  return identifier == null ? undefined : resolve<Regularizer>(identifier, classNameOf, what);
}

export function getConstraint(identifier: Identifier<Constraint>, what: string): Constraint | undefined {
  return identifier == null ? undefined : resolve<Constraint>(identifier, classNameOf, what);
}

/** `{className, config}`, or null for a missing object, as the host writes it into model.json. */
export function toConfig(object: serialization.Serializable | undefined): serialization.ConfigDict | null {
  return object === undefined ? null : {className: object.getClassName(), config: object.getConfig()};
}

/** The name of the host's class: 'glorotNormal' is registered as 'GlorotNormal', and 'l1l2' as 'L1L2'. */
function classNameOf(name: string): string {
  return name === 'l1l2' ? 'L1L2' : name.charAt(0).toUpperCase() + name.slice(1);
}

function resolve<T extends serialization.Serializable>(
  identifier: string | serialization.ConfigDict | T,
  toClassName: (name: string) => string,
  what: string,
): T {
  if (identifier instanceof serialization.Serializable) return checked<T>(identifier, what);
  if (typeof identifier === 'string') return instantiate<T>(toClassName(identifier), {}, what);
  const {className, config} = identifier as serialization.ConfigDict;
  if (
    typeof className !== 'string' ||
    typeof config !== 'object' ||
    config === null ||
    Array.isArray(config)
  ) {
    throw new InvalidArgumentError(
      `${what} must be a name, an instance or {className, config}; got ${JSON.stringify(identifier)}.`,
    );
  }
  return instantiate<T>(className, config, what);
}

function instantiate<T extends serialization.Serializable>(
  className: string,
  config: serialization.ConfigDict,
  what: string,
): T {
  const {classNameMap} = serialization.SerializationMap.getMap();
  // A plain object answers to 'constructor' and 'toString' too: only its own entries are classes.
  if (!Object.hasOwn(classNameMap, className)) {
    throw new InvalidArgumentError(
      `${what}: no class '${className}' is registered. Use a name that tfjs-layers knows, or register your class with ` +
        'tf.serialization.registerClass first.',
    );
  }
  const [cls, fromConfig] = classNameMap[className]!;
  return checked<T>(fromConfig(cls, config), what);
}

/** The registry holds layers and optimizers too, under names of the same kind: those are refused. */
function checked<T extends serialization.Serializable>(object: serialization.Serializable, what: string): T {
  const applicable = 'apply' in object && typeof object.apply === 'function';
  if (applicable && !(object instanceof layers.Layer)) return object as T;
  throw new InvalidArgumentError(
    `${what} cannot be a ${object.getClassName()}: it has to be applied to a tensor or a shape.`,
  );
}
